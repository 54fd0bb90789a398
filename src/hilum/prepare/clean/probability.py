"""How likely each pixel belongs to an annotation, as a small network of hilum's own sees it.

It was trained on annotations that a program drew (benchmarks/clean_network), and runs in OpenCV.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from importlib import resources
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["Probability", "annotation_probability"]

Grey = npt.NDArray[np.float32]

LARGEST, SHOWN = 560, 480
"""Pixels of the longer side beyond which a picture is made smaller, and to what: annotations are
then of the size that the network has learnt them at."""

SMALLEST, ENLARGED = 200, 288
"""The same for pictures that are too small."""

FAR, NEAR, NEAR_PIXELS = 0.7, 2.0, 450_000
"""Three looks are taken at a picture: how much smaller and how much larger it is shown than at the
one at its size, the latter up to so many pixels in all, for the sake of time. Tissue that is
mistaken for an annotation seldom is at all three, the one from far being mirrored; small arrows are
seen from near alone."""

STRIDE = 32
"""The sides that the network takes are multiples of this; it is shown black beyond the picture."""

_NETWORKS = threading.local()


@dataclass(frozen=True)
class Probability:
    """How likely each pixel belongs to an annotation, 0 to 1, (rows x scale, columns x scale).

    Attributes:
        mean: over three looks.
        near: at the one from near, where small annotations are seen best.
        scale: 1 for most pictures; large ones are seen smaller, small ones larger.
    """

    mean: Grey
    near: Grey
    scale: float


def annotation_probability(pixels: npt.NDArray[np.uint8]) -> Probability:
    """Return how likely each pixel belongs to an annotation.

    Args:
        pixels: (rows, columns) or (rows, columns, 3) uint8.
    """
    scale = _scale(max(pixels.shape[:2]))
    shown = _resized(pixels, scale)
    rows, columns = shown.shape[:2]
    near = _look(shown, max(1.0, min(NEAR, (NEAR_PIXELS / (rows * columns)) ** 0.5)))
    far = _look(np.ascontiguousarray(shown[:, ::-1]), FAR)[:, ::-1]
    looks = (far, _look(shown, 1), near)
    return Probability(np.mean(looks, axis=0, dtype=np.float32), near, scale)


def _look(pixels: npt.NDArray[np.uint8], zoom: float) -> Grey:
    """Return what the network says of each pixel of a picture that is shown larger or smaller."""
    answer = _answer(_resized(pixels, zoom))
    return answer if zoom == 1 else np.asarray(cv2.resize(answer, pixels.shape[1::-1]))


def _resized(pixels: npt.NDArray[np.uint8], scale: float) -> npt.NDArray[np.uint8]:
    """Return a picture made smaller or larger."""
    if scale == 1:
        return pixels
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    sides = [max(1, round(side * scale)) for side in pixels.shape[1::-1]]
    return np.asarray(cv2.resize(pixels, sides, interpolation=how), dtype=np.uint8)


def _answer(pixels: npt.NDArray[np.uint8]) -> Grey:
    """Return what the network says of each pixel of one picture."""
    rows, columns = pixels.shape[:2]
    given = np.zeros((1, 3, _whole(rows), _whole(columns)), dtype=np.float32)
    given[0, :, :rows, :columns] = np.moveaxis(np.atleast_3d(pixels), 2, 0) / np.float32(255)
    network = _network()
    network.setInput(given)
    return np.asarray(network.forward()[0, 0, :rows, :columns], dtype=np.float32)


def _scale(longest: int) -> float:
    if longest > LARGEST:
        return SHOWN / longest
    return ENLARGED / longest if longest < SMALLEST else 1.0


def _whole(side: int) -> int:
    return -(-side // STRIDE) * STRIDE


def _network() -> Any:
    """Return this thread's network: one can't answer two at a time."""
    if not hasattr(_NETWORKS, "marks"):
        weights = resources.files("hilum.prepare.clean").joinpath("marks.onnx").read_bytes()
        _NETWORKS.marks = cv2.dnn.readNetFromONNX(np.frombuffer(weights, dtype=np.uint8))
    return _NETWORKS.marks
