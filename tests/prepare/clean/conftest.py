"""Phantoms, and annotations drawn on them by OpenCV alone: not by what the network learnt from."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from hilum.sources.phantom.cohort import member
from hilum.sources.phantom.drawing import draw_patient
from hilum.sources.phantom.settings import PhantomSettings

Picture = npt.NDArray[np.uint8]
Draw = Callable[[Picture, int], Picture]

SETTINGS = PhantomSettings(patients=6, slices_per_patient=1, size=320, seed=3)


@pytest.fixture(scope="session")
def phantoms() -> list[Picture]:
    """Six clean slices of 320 x 320 pixels."""
    return [draw_patient(SETTINGS, member(SETTINGS, number))[0].picture for number in range(6)]


@pytest.fixture(scope="session")
def annotate() -> Draw:
    """Draw arrows, an arrowhead and a panel letter of one grey level on a slice."""

    def draw(picture: Picture, level: int) -> Picture:
        marked, scale = picture.copy(), picture.shape[1] / 320
        at = lambda x, y: (round(x * scale), round(y * scale))  # noqa: E731
        thick = max(1, round(3 * scale))
        cv2.arrowedLine(marked, at(70, 90), at(105, 130), level, thick, cv2.LINE_AA, tipLength=0.35)
        cv2.arrowedLine(marked, at(255, 210), at(225, 180), level, thick, cv2.LINE_AA, 0, 0.4)
        head = np.array([at(100, 190), at(84, 206), at(92, 214)])
        cv2.fillPoly(marked, [head], level, cv2.LINE_AA)
        cv2.putText(
            marked, "B", at(14, 40), cv2.FONT_HERSHEY_DUPLEX, scale, 255, thick, cv2.LINE_AA
        )
        return marked

    return draw
