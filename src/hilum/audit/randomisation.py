"""Randomisation check: maps must change when layer after layer gets random weights.

The test of Adebayo et al. 2018 (arXiv 1810.03292). Arun et al. 2021 (doi 10.1148/ryai.2021200267)
compare its SSIM with that of maps of different slices of the trained network, as here: maps
that are mostly empty, or hot in the middle, are alike for that alone.
"""

from __future__ import annotations

from typing import Any

from hilum.audit.concern import Concern
from hilum.audit.wording import estimate_text

__all__ = ["STAYS", "randomisation_concern"]

STAYS = "stays"
"""The level at which the check has found something."""
HALF = 0.5
"""Likeness above which the maps of a random network count as those of the trained one."""

Content = dict[str, Any]


def randomisation_concern(stages: list[Content], floor: dict[str, Content]) -> Concern:
    """Return whether the maps change when all layers are random.

    The rank correlation decides. SSIM may stay above one half because both maps are empty in the
    same places; it counts as fallen too where it is no higher than that of maps of different
    slices, and those themselves differ.

    Args:
        stages: in the order in which layers became random, each with the metrics (value, low,
            high) `ssim` and `rank_correlation` to the trained network's maps; and `each_draw`'s.
        floor: the same two metrics of maps of different slices of the trained network.

    Returns:
        level `falls`, `partly` (one of the two, or undecided), or `stays` (the order of the
        pixels is kept though nothing learnt is left).
    """
    last = stages[-1]
    order, shape = last["rank_correlation"], last["ssim"]
    numbers_sentence = (
        f"When all layers are random, the maps' rank correlation with the trained network's is "
        f"{estimate_text(order)}{_spread(last['each_draw']['rank_correlation'])} and their SSIM "
        f"{estimate_text(shape)}; maps of different slices reach "
        f"{estimate_text(floor['rank_correlation'])} and {estimate_text(floor['ssim'])}"
    )
    level, meaning = _meaning(order, shape, floor)
    return Concern("randomisation", level, f"{numbers_sentence}: {meaning}")


def _meaning(order: Content, shape: Content, floor: dict[str, Content]) -> tuple[str, str]:
    """Return the level and what it means."""
    if order["low"] > HALF:
        return STAYS, (
            "the maps do not depend on what was learnt. They show the slice or the architecture, "
            "not what the network has learnt; draw no conclusion from them."
        )
    if order["high"] >= HALF:
        return "partly", (
            "so few groups can't show whether the maps depend on what was learnt; use more slices."
        )
    slices_differ = floor["rank_correlation"]["low"] <= HALF
    no_more_alike = slices_differ and shape["value"] <= floor["ssim"]["high"]
    if shape["high"] >= HALF and not no_more_alike:
        return "partly", (
            "the ranking of the pixels depends on what was learnt, but much of the maps' structure "
            "does not."
        )
    return "falls", (
        "they depend on what was learnt. That is necessary for maps to mean anything, but not "
        "sufficient: what was learnt may be the source."
    )


def _spread(draws: list[float]) -> str:
    """Return between what the draws of random weights lie, where there are several."""
    if len(draws) < 2:
        return ""
    return f" (draws from {min(draws):.2f} to {max(draws):.2f})".replace("-", "−")
