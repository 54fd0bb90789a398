"""Do two networks' maps of one slice agree more than maps of different slices do?

Arun et al. 2021 (doi 10.1148/ryai.2021200267) call it repeatability where the networks differ in
nothing but chance, and reproducibility where they are of different architectures.
"""

from __future__ import annotations

from typing import Any

from hilum.audit.clear import is_clear
from hilum.audit.concern import Concern
from hilum.audit.wording import figure_text

__all__ = ["agreement_concern"]

Told = dict[str, Any]


def agreement_concern(other: str, own: dict[str, Told], *, lead: dict[str, Told]) -> Concern:
    """Return whether two networks' maps of the same slices agree beyond what any two maps do.

    Args:
        other: what the second network is, such as "the same recipe with seed 1".
        own: `ssim` and `rank_correlation` of the two maps of each slice.
        lead: the same less what the two networks' maps of different slices reach, see `is_clear`.

    Returns:
        level `agrees` (both leads lie above 0 beyond chance), `partly` (one does) or `differs`.
    """
    order, shape = own["rank_correlation"], own["ssim"]
    more = [is_clear(lead[name], 1) for name in ("rank_correlation", "ssim")]
    level = {2: "agrees", 1: "partly", 0: "differs"}[sum(more)]
    meaning = {
        "agrees": "where a map is hot depends on the slice, and both networks see it alike to "
        "that extent.",
        "partly": "they agree on the slice by one of the two only.",
        "differs": "what one network's map shows of a slice, the other's doesn't: don't read "
        "either as where the disease is.",
    }[level]
    beyond = [figure_text(lead[name], sign="+") for name in ("rank_correlation", "ssim")]
    return Concern(
        "agreement", level,
        f"With {other} the maps of a slice have a rank correlation of {figure_text(order)} and an "
        f"SSIM of {figure_text(shape)}, which is {beyond[0]} and {beyond[1]} beyond maps of "
        f"different slices: {meaning}",
    )  # fmt: skip
