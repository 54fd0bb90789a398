"""Agreement check: two networks' maps of one slice against their maps of different slices.

Arun et al. 2021 (doi 10.1148/ryai.2021200267) call it repeatability where the networks differ in
nothing but chance, and reproducibility where they are of different architectures.
"""

from __future__ import annotations

from typing import Any

from hilum.audit.concern import Concern
from hilum.audit.significance import is_significant
from hilum.audit.wording import estimate_text

__all__ = ["agreement_concern"]

Content = dict[str, Any]


def agreement_concern(
    other: str, similarity: dict[str, Content], *, lead: dict[str, Content]
) -> Concern:
    """Return whether two networks' maps of the same slices agree beyond what any two maps do.

    Args:
        other: what the second network is, such as "the same recipe with seed 1".
        similarity: `ssim` and `rank_correlation` of the two maps of each slice.
        lead: the same minus that of the two networks' maps of different slices, see
            `is_significant`.

    Returns:
        level `agrees` (both leads are significantly above 0), `partly` (one does) or `differs`.
    """
    order, shape = similarity["rank_correlation"], similarity["ssim"]
    more = [is_significant(lead[name], 1) for name in ("rank_correlation", "ssim")]
    level = {2: "agrees", 1: "partly", 0: "differs"}[sum(more)]
    meaning = {
        "agrees": "the maps agree on what is particular to each slice.",
        "partly": "only one of the two exceeds that of different slices.",
        "differs": "they agree no more than maps of any two slices do. What is particular to a "
        "slice in one is not in the other: don't read either as the location of disease.",
    }[level]
    beyond = [estimate_text(lead[name], sign="+") for name in ("rank_correlation", "ssim")]
    return Concern(
        "agreement", level,
        f"With {other} the maps of a slice have a rank correlation of {estimate_text(order)} and "
        f"an SSIM of {estimate_text(shape)}, which is {beyond[0]} and {beyond[1]} beyond maps of "
        f"different slices: {meaning}",
    )  # fmt: skip
