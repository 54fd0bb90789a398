"""Slices cleaned by hand: a few of the pairs of ct-pneumonia, where they are at hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hilum.prepare.clean import clean_picture
from hilum.readers import read_in_colour, read_slice

EDITED = 16
FOUND = (
    "0152", "0240", "0305", "0162", "0303", "0461", "0581", "0820", "0823", "0972", "0978", "0466",
)  # fmt: skip


@pytest.mark.parametrize("number", FOUND)
def test_most_of_what_was_edited_by_hand_is_found(real_data: Path, number: str) -> None:
    """Captions and arrows of articles of the half for developing, of kinds that are found."""
    folders = [real_data / "ct-pneumonia" / f"Pneumonia - {kind}" for kind in ("Raw", "PTS")]
    raw, hand = (next(folder.rglob(f"{number}.*")) for folder in folders)
    pixels = read_in_colour(raw)
    pixels = read_slice(raw).grey if pixels is None else pixels
    before, after = read_slice(raw).grey.astype(int), read_slice(hand).grey.astype(int)
    edited = np.abs(before - after) > EDITED
    mask = clean_picture(pixels).mask
    assert (edited & mask).sum() >= 0.8 * edited.sum()
    assert (edited & mask).sum() >= 0.5 * mask.sum()
