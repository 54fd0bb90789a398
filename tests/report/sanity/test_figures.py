"""Figures of the sanity checks, described in words."""

from __future__ import annotations

from sanity_content import sanity

from hilum.report.sanity.figures import sanity_drawings


def test_figures_are_told_in_words() -> None:
    found = sanity_drawings(sanity())
    assert "head random: Rank correlation 0.60, SSIM 0.30" in found["sanity_layers"].description
    assert found["sanity_layers"].description.endswith(
        "maps of different slices: Rank correlation 0.45, SSIM 0.50."
    )
    assert "Deletion, area under the mean probability: Map 0.30" in (
        found["sanity_removal"].description
    )
