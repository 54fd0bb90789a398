"""Deletion and insertion, calculated by hand for a network that looks at a square."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from square_samples import SIDE, STEPS, sample_of

from hilum.progress import SILENT
from hilum.steps.sanity.removal import removal


class Square:
    """Says class 0 where a square of the slice is bright, else class 1; surely, both times."""

    size = SIDE

    def logits(self, grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        bright = grey[:, 8:16, 8:16].mean(axis=(1, 2)) > 127
        return np.where(bright[:, None], [20.0, -20.0], [-20.0, 20.0]).astype(np.float32)


def test_deletion_of_a_square_that_the_network_looks_at_by_hand() -> None:
    """The hot cell is the square, 1/16 of the slice. With half of it gone, 255 and the mean grey 16
    are left in equal parts: 135, still bright; with all of it gone, it is not."""
    entries = removal(
        sample_of([(1, 1)] * 8), Square(), steps=STEPS, seed=0, progress=SILENT
    ).content
    curve = entries["deletion"]["curves"]["map"]["probability"]
    gone = next(
        share for share, p in zip(entries["deletion"]["shares"], curve, strict=True) if p < 0.5
    )
    assert 1 / 32 < gone <= 3 / 32
    assert curve == [1.0] * round(gone * STEPS) + [0.0] * (STEPS + 1 - round(gone * STEPS))
    expected = gone - 0.5 / STEPS
    assert entries["deletion"]["areas"]["map"]["value"] == pytest.approx(expected, abs=1e-6)
    assert entries["deletion"]["map_minus"]["moved"]["value"] < -0.1
    assert entries["deletion"]["map_minus"]["another"]["value"] == pytest.approx(0, abs=0.02)
    assert entries["deletion"]["level"] == "partly"


def test_a_map_beside_the_square_is_no_better_than_any_other() -> None:
    entries = removal(
        sample_of([(3, 3)] * 8), Square(), steps=STEPS, seed=0, progress=SILENT
    ).content
    assert entries["deletion"]["level"] == "no better"
    assert entries["deletion"]["areas"]["map"]["value"] > 0.3


def test_slices_that_keep_their_class_when_emptied_are_left_out() -> None:
    """Blurred by two pixels the square is still bright; on a bright slice its mean is too."""
    entries = removal(
        sample_of([(1, 1)] * 3, background=200), Square(), steps=4, seed=0, progress=SILENT
    ).content
    for game in ("deletion", "insertion"):
        assert (entries[game]["level"], entries[game]["slices"], entries[game]["curves"]) == (
            "undefined", 0, {},
        )  # fmt: skip
