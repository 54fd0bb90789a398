"""Deletion and insertion check: the output must depend on the pixels that the map ranks highest."""

from __future__ import annotations

from typing import Any

from hilum.audit.concern import Concern
from hilum.audit.significance import is_significant

__all__ = ["removal_concern"]

Content = dict[str, Any]

CONTROLS = {
    "moved": "with the map moved elsewhere",
    "another": "by another slice's map",
    "centre": "from the centre",
}
"""Orders that know nothing of the slice, and how a sentence names them."""
DONE = {"deletion": "removed", "insertion": "put back"}
WANTED = {"deletion": -1, "insertion": 1}
"""The sign of a good map's difference to a control: deletion wants a small area."""


def removal_concern(
    game: str, areas: dict[str, Content], minus: dict[str, Content], *, tested: int, of: int
) -> Concern:
    """Return whether the map's order changes the answer sooner than orders that know nothing.

    Args:
        game: "deletion" or "insertion".
        areas: `map` and each of CONTROLS -> area under the probability of the class.
        minus: each of CONTROLS -> the map's area less that one's, see `is_significant`.
        tested, of: slices on which the game could be played, and all.

    Returns:
        level `better` (than all three), `partly` (than some), `no better` (than none) or
        `undefined`.
    """
    if not tested:
        return Concern(
            game, "undefined",
            f"{game.capitalize()} is not possible: in all {of} slices the class is about as likely "
            f"without any content, so no pixel matters to it.",
        )  # fmt: skip
    sides = {name: _side(minus[name], WANTED[game]) for name in CONTROLS}
    sooner = [name for name, side in sides.items() if side == "sooner than"]
    level = "no better" if not sooner else "better" if len(sooner) == len(CONTROLS) else "partly"
    compared = "; ".join(
        f"{side} {CONTROLS[name]} ({areas[name]['value']:.2f})" for name, side in sides.items()
    )
    left = (
        f" {of - tested} of {of} slices are left out: without content, the class is about as "
        f"likely."
    )
    return Concern(
        game, level,
        f"When pixels are {DONE[game]} in the order of the map (area under the probability "
        f"{areas['map']['value']:.2f}), the output changes {compared}."
        + (left if tested < of else ""),
    )  # fmt: skip


def _side(difference: Content, wanted: int) -> str:
    """Return on which side of a control the map is, if significant."""
    if is_significant(difference, wanted):
        return "sooner than"
    return "later than" if is_significant(difference, -wanted) else "no sooner than"
