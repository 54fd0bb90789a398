"""Slices are ordered along their normal; gaps, repeats and tilts are named."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hilum.readers.series import Gap, SliceHeader
from hilum.readers.series.geometry import order_slices

AXIAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)


def header(corner: tuple[float, float, float] | None, **changes: object) -> SliceHeader:
    made = SliceHeader(
        path=Path("a.dcm"), frame=0, modality="CT", sop_class="", image_type="", body_part="",
        study="1", series="1.2", sop="", frame_of_reference="", patient="", kernel="",
        acquisition=None, instance=None, temporal=None, corner=corner, directions=AXIAL,
        location=None, plane="axial", shape=(8, 8), spacing=(1.0, 1.0), thickness=5.0,
        burned_in=False, objections=(),
    )  # fmt: skip
    return replace(made, **changes)


def at(*heights: float) -> list[SliceHeader]:
    return [header((0.0, 0.0, height)) for height in heights]


def test_slices_run_from_feet_to_head_whatever_their_order() -> None:
    ordered, repeats, geometry = order_slices(at(10, -5, 5, 0))
    assert geometry.positions == (-5, 0, 5, 10)
    assert [one.corner[2] for one in ordered if one.corner] == [-5, 0, 5, 10]
    assert (repeats, geometry.distance, geometry.notes()) == ([], 5, [])


def test_a_gap_says_how_many_slices_are_missing_and_where() -> None:
    _, _, geometry = order_slices(at(0, 5, 10, 30, 35))
    assert geometry.gaps == (Gap(2, 10.0, 30.0, 3),)
    assert geometry.notes() == ["A gap: 3 slices are missing between 10.0 and 30.0 mm."]


def test_of_slices_at_one_position_the_first_by_instance_is_taken() -> None:
    twice = [replace(one, instance=9 - i) for i, one in enumerate(at(0, 5, 5, 10))]
    ordered, repeats, _ = order_slices(twice)
    assert [one.instance for one in ordered] == [9, 7, 6]
    assert [one.instance for one in repeats] == [8]


def test_a_gantry_tilt_shifts_slices_against_each_other() -> None:
    tilted = [header((0.0, 5 * i * np.tan(np.radians(12)), 5.0 * i)) for i in range(5)]
    _, _, geometry = order_slices(tilted)
    assert geometry.shear == pytest.approx(12, abs=1e-6)
    assert geometry.distance == pytest.approx(5)
    assert "tilted by 12.0 degrees" in geometry.notes()[0]


def test_oblique_slices_are_ordered_along_their_own_normal() -> None:
    angle = np.radians(20)
    cosines = (1.0, 0.0, 0.0, 0.0, float(np.cos(angle)), float(np.sin(angle)))
    normal = np.array([0.0, -np.sin(angle), np.cos(angle)])
    corners = [tuple(map(float, 3.0 * i * normal)) for i in (2, 0, 1)]
    _, _, geometry = order_slices([header(c, directions=cosines) for c in corners])  # type: ignore[arg-type]
    assert geometry.positions == pytest.approx((0, 3, 6))
    assert (geometry.oblique, geometry.shear) == (pytest.approx(20), pytest.approx(0, abs=1e-4))
    assert "oblique: 20.0 degrees" in geometry.notes()[0]


def test_without_positions_the_slice_location_orders_and_then_the_instance_number() -> None:
    by_location = [header(None, location=location) for location in (7.0, 1.0, 4.0)]
    assert order_slices(by_location)[2].positions == (1, 4, 7)
    by_instance = [header(None, instance=number) for number in (3, 1, 2)]
    ordered, _, geometry = order_slices(by_instance)
    assert [one.instance for one in ordered] == [1, 2, 3]
    assert geometry.positions == ()
