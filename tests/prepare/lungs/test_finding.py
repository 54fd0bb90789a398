"""The lungs of a slice, found in every window, crop and turn, with what lies in them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import resources
from typing import NamedTuple

import cv2
import numpy as np
import pytest

from hilum.prepare.lungs import NOT_A_CHEST, OK, find_lungs
from hilum.readers import LUNG, Window, apply_window
from hilum.sources.phantom.body import draw_body
from hilum.sources.phantom.shapes import Grid
from hilum.sources.phantom.tissue import paint_tissue

MEGABYTE = 2**20


class Phantom(NamedTuple):
    """A phantom in Hounsfield units, and its lungs."""

    hu: np.ndarray
    lungs: np.ndarray


@pytest.fixture(scope="module")
def phantoms() -> list[Phantom]:
    """Four patients that the network was not trained on."""
    drawn = []
    for number in range(4):
        rng = np.random.default_rng((77, number))
        grid = Grid(256, 390.0, 0.0, 0.0)
        tissue = paint_tissue(draw_body(rng), 0.3 + 0.12 * number, grid, rng)
        drawn.append(Phantom(tissue.hu, tissue.lung > 0.5))
    return drawn


def dice(one: np.ndarray, other: np.ndarray) -> float:
    return float(2 * (one & other).sum() / (one.sum() + other.sum()))


LOOKS: dict[str, tuple[Window, Callable[[np.ndarray], np.ndarray]]] = {
    "lung window": (LUNG, lambda picture: picture),
    "wide window": (Window(2000, 0), lambda picture: picture),
    "mediastinal window": (Window(450, 40), lambda picture: picture),
    "tight crop": (LUNG, lambda picture: picture[50:205, 35:225]),
    "quarter turn": (LUNG, lambda picture: np.rot90(picture)),
    "upside down": (LUNG, lambda picture: picture[::-1]),
    "small": (LUNG, lambda picture: picture[::2, ::2]),
}


@pytest.mark.parametrize("look", LOOKS)
def test_lungs_are_found_however_they_are_shown(phantoms: list[Phantom], look: str) -> None:
    window, change = LOOKS[look]
    scores = []
    for hu, lungs in phantoms:
        found = find_lungs(np.ascontiguousarray(change(apply_window(hu, window))))
        scores.append(dice(found.mask, change(lungs)))
        assert found.code == OK
    assert np.mean(scores) > 0.95
    assert min(scores) > 0.9


def test_hounsfield_units_are_shown_through_the_lung_window(phantoms: list[Phantom]) -> None:
    hu, lungs = phantoms[0]
    assert (find_lungs(hu).mask == find_lungs(apply_window(hu, LUNG)).mask).all()
    assert dice(find_lungs(hu).mask, lungs) > 0.95


def test_consolidation_and_masses_belong_to_the_lungs(phantoms: list[Phantom]) -> None:
    for hu, lungs in phantoms:
        ill, columns = hu.copy(), np.flatnonzero(lungs.any(axis=0))
        rows = np.flatnonzero(lungs[:, columns[len(columns) // 6]])
        for centre, radius in (((rows[0] + rows[-1]) // 2, 20), (rows[-1] - 10, 16)):
            disc = np.zeros(hu.shape, np.uint8)
            cv2.circle(disc, (int(columns[len(columns) // 6]), int(centre)), radius, 1, -1)
            disease = (disc > 0) & lungs
            ill[disease] = 40
        found = find_lungs(ill).mask
        assert dice(found, lungs) > 0.93
        assert found[(ill == 40) & lungs].mean() > 0.8


@pytest.mark.parametrize("turns", range(4))
def test_turned_slice_is_set_upright(phantoms: list[Phantom], turns: int) -> None:
    grey = apply_window(phantoms[1].hu, LUNG)
    turned = np.ascontiguousarray(np.rot90(grey, -turns))
    assert find_lungs(turned).turns == turns


def others() -> dict[str, np.ndarray]:
    """Pictures that are no chest."""
    head, belly = np.zeros((200, 200), np.uint8), np.zeros((180, 260), np.uint8)
    cv2.ellipse(head, (100, 100), (70, 90), 0, 0, 360, 255, -1)
    cv2.ellipse(head, (100, 100), (62, 82), 0, 0, 360, 110, -1)
    cv2.ellipse(belly, (130, 90), (120, 80), 0, 0, 360, 150, -1)
    cv2.ellipse(belly, (80, 80), (50, 45), 0, 0, 360, 175, -1)
    cv2.ellipse(belly, (130, 140), (18, 16), 0, 0, 360, 230, -1)
    noise = np.random.default_rng(0).integers(0, 256, (128, 128)).astype(np.uint8)
    blank = np.full((100, 140), 128, np.uint8)
    return {"head": head, "belly": belly, "noise": noise, "blank": blank, "black": blank * 0}


@pytest.mark.parametrize("name", others())
def test_what_is_no_chest_is_called_so(name: str) -> None:
    found = find_lungs(others()[name])
    assert found.code == NOT_A_CHEST
    assert not found.mask.any()
    assert found.box is None


def test_weights_are_small_enough_to_ship() -> None:
    weights = resources.files("hilum.prepare.lungs").joinpath("lungs.onnx").read_bytes()
    assert len(weights) < 5 * MEGABYTE
