"""What is done with the network's probabilities: which parts are annotations."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from hilum.prepare.clean import marks
from hilum.prepare.clean.probability import Probability

SIDE = 200
LARGE, SMALL, SPOT = np.s_[40:100, 50:120], np.s_[150:156, 20:30], np.s_[150:156, 20:26]
"""A tenth of the picture, sixty pixels, and thirty-six."""


@pytest.fixture
def picture() -> npt.NDArray[np.uint8]:
    """Grey, with a white rectangle where `LARGE` is."""
    pixels = np.full((SIDE, SIDE), 90, np.uint8)
    pixels[LARGE] = 255
    return pixels


def found(
    pixels: npt.NDArray[np.uint8],
    monkeypatch: pytest.MonkeyPatch,
    where: tuple[slice, slice],
    mean: float,
    near: float = 0.0,
) -> bool:
    """Return whether the middle of a place of given probabilities is marked."""
    probable = Probability(*np.zeros((2, *pixels.shape[:2]), np.float32), scale=1.0)
    probable.mean[where], probable.near[where] = mean, near
    monkeypatch.setattr(marks, "annotation_probability", lambda _: probable)
    rows, columns = where
    middle = (rows.start + rows.stop) // 2, (columns.start + columns.stop) // 2
    return bool(marks.find_marks(pixels)[middle])


def test_large_part_with_an_edge_is_an_annotation_where_the_network_is_sure(
    picture: npt.NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found(picture, monkeypatch, LARGE, 0.9)
    assert not found(picture, monkeypatch, LARGE, 0.6)


def test_large_part_of_something_larger_is_tissue(
    picture: npt.NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    picture[:] = 255
    assert not found(picture, monkeypatch, LARGE, 0.95)
    picture[:, :85] = 90
    assert not found(picture, monkeypatch, LARGE, 0.95)


def test_small_part_needs_neither(
    picture: npt.NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found(picture, monkeypatch, SMALL, 0.6)
    assert not found(picture, monkeypatch, SMALL, 0.4)


def test_spot_is_no_annotation_however_certain(
    picture: npt.NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not found(picture, monkeypatch, SPOT, 0.95, near=0.95)


def test_small_part_may_be_seen_from_near_alone(
    picture: npt.NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found(picture, monkeypatch, SMALL, 0.1, near=0.95)
    assert not found(picture, monkeypatch, SMALL, 0.1, near=0.7)
    assert not found(picture, monkeypatch, LARGE, 0.1, near=0.95)


def test_colour_pictures_are_asked_by_their_grey(
    picture: npt.NDArray[np.uint8], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found(np.repeat(picture[..., None], 3, axis=2), monkeypatch, LARGE, 0.9)
