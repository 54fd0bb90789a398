"""Scanners of phantoms: window, noise, frame, circle and couch of each source."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hilum.readers.window import Window
from hilum.sources.phantom.scanner import SCANNERS, Scanner, draw_view, take_picture
from hilum.sources.phantom.shapes import Field, Grid

GRID = Grid(128, 400.0)
PLAIN = Scanner("plain", Window(2000.0, 0.0), 400.0, 0.01, 0.6, 0.3, 100)
"""No couch, no circle, no frame, hardly any noise."""


def block(hu: float = 40.0) -> Field:
    """A square body in air, rows and columns 32 to 95."""
    slice_hu = np.full((128, 128), -1000.0, dtype=np.float32)
    slice_hu[32:96, 32:96] = hu
    return slice_hu


def picture(scanner: Scanner, hu: Field | None = None):  # type: ignore[no-untyped-def]
    return take_picture(block() if hu is None else hu, scanner, GRID, np.random.default_rng(0))


def test_grey_levels_are_those_of_the_window() -> None:
    grey = picture(PLAIN)
    assert grey.dtype == np.uint8 and grey.shape == (128, 128)
    assert grey[5, 5] == pytest.approx(0, abs=1)
    assert grey[64, 64] == pytest.approx(round((40 + 1000) * 255 / 2000), abs=1)


def test_noise_has_its_standard_deviation_in_hu() -> None:
    grey = picture(replace(PLAIN, noise_hu=40.0))
    assert grey[40:90, 40:90].std() * 2000 / 255 == pytest.approx(40.0, rel=0.15)


def test_the_circle_and_the_frame_are_black() -> None:
    in_circle = picture(replace(PLAIN, circle=True), np.full((128, 128), 40.0, dtype=np.float32))
    assert in_circle[:10, :10].max() <= 4 and in_circle[64, 3] > 100
    framed = picture(replace(PLAIN, margin=0.05), np.full((128, 128), 40.0, dtype=np.float32))
    assert framed[:4].max() <= 12 and framed[64, 10] > 100


def test_the_couch_lies_below_the_back_and_changes_nothing_above() -> None:
    with_couch, without = (
        picture(replace(PLAIN, couch=couch)).astype(int) for couch in (True, False)
    )
    change = np.abs(with_couch - without)
    assert change[96:106].max() > 60
    assert change[:88].max() == 0


def test_a_view_is_near_the_field_of_its_scanner() -> None:
    views = [draw_view(SCANNERS[0], np.random.default_rng(seed)) for seed in range(50)]
    fields = [view.field_mm / SCANNERS[0].field_mm for view in views]
    assert 0.97 <= min(fields) < 0.98 and 1.02 < max(fields) <= 1.03
    assert np.std([view.x_mm for view in views]) == pytest.approx(3, rel=0.3)


def test_air_alone_tells_the_sources_apart() -> None:
    means = {
        round(float(picture(scanner, np.full((128, 128), -1000.0, np.float32)).mean()), 1)
        for scanner in (replace(one, couch=False) for one in SCANNERS)
    }
    assert len(means) == len(SCANNERS)
