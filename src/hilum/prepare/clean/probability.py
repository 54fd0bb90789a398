"""How likely each pixel belongs to an annotation, as a small network of hilum's own sees it.

It was trained on annotations that a program drew (benchmarks/clean_network), and runs in OpenCV.
"""

from __future__ import annotations

import threading
from importlib import resources
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["annotation_probability"]

LARGEST, SHOWN = 560, 480
"""Pixels of the longer side beyond which a picture is made smaller, and to what: annotations are
then of the size that the network has learnt them at."""

SMALLEST, ENLARGED = 200, 288
"""The same for pictures that are too small."""

LOOKS = ((0.7, True), (1.0, False), (1.4, True))
"""Zoom, and whether mirrored, of each look at a picture: what is there stays at every one of them,
and much of what is mistaken for an annotation does not."""

STRIDE = 32
"""The sides that the network takes are multiples of this; it is shown black beyond the picture."""

_NETWORKS = threading.local()


def annotation_probability(
    pixels: npt.NDArray[np.uint8],
) -> tuple[npt.NDArray[np.float32], float]:
    """Return the probability of each pixel, and the scale that the picture was seen at.

    It is the mean over LOOKS.

    Args:
        pixels: (rows, columns) or (rows, columns, 3) uint8.

    Returns:
        (rows x scale, columns x scale) float32, 0 to 1; scale 1 for most pictures.
    """
    scale = _scale(max(pixels.shape[:2]))
    seen = _resized(pixels, scale)
    sides = seen.shape[1::-1]
    answers = []
    for zoom, mirrored in LOOKS:
        shown = _resized(seen, zoom)
        answer = _answer(np.ascontiguousarray(shown[:, ::-1]) if mirrored else shown)
        straight = np.ascontiguousarray(answer[:, ::-1]) if mirrored else answer
        answers.append(straight if zoom == 1 else cv2.resize(straight, sides))
    return np.mean(answers, axis=0, dtype=np.float32), scale


def _resized(pixels: npt.NDArray[np.uint8], scale: float) -> npt.NDArray[np.uint8]:
    """Return a picture made smaller or larger."""
    if scale == 1:
        return pixels
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    sides = [max(1, round(side * scale)) for side in pixels.shape[1::-1]]
    return np.asarray(cv2.resize(pixels, sides, interpolation=how), dtype=np.uint8)


def _answer(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
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
