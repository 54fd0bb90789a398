"""Annotation probability of each pixel, from a small network that is part of hilum.

It was trained on synthetic annotations (benchmarks/clean_network) and runs in OpenCV.
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
"""Longer side in pixels above which a picture is reduced, and to what, so that annotations have the
size on which the network was trained."""

SMALLEST, ENLARGED = 200, 288
"""Longer side below which a picture is enlarged, and to what."""

FAR, NEAR, NEAR_PIXELS = 0.7, 2.0, 450_000
"""Scale factors of the far and close-up passes, which complement the pass at scale 1; the close-up
pass is limited to this many pixels, to save time. Tissue is seldom mistaken for an annotation in
all three passes, of which the far one is mirrored; small arrows only show in the close-up."""

STRIDE = 32
"""The network needs sides that are multiples of this; the picture is padded with black."""

_NETWORKS = threading.local()


@dataclass(frozen=True)
class Probability:
    """Annotation probability of each pixel, 0 to 1, (rows x scale, columns x scale).

    Attributes:
        mean: over three passes.
        near: of the close-up pass, which shows small annotations best.
        scale: 1 for most pictures; below 1 for large ones, above 1 for small ones.
    """

    mean: Grey
    near: Grey
    scale: float


def annotation_probability(pixels: npt.NDArray[np.uint8]) -> Probability:
    """Return the annotation probability of each pixel.

    Args:
        pixels: (rows, columns) or (rows, columns, 3) uint8.
    """
    scale = _scale(max(pixels.shape[:2]))
    shown = _resized(pixels, scale)
    rows, columns = shown.shape[:2]
    near = _pass(shown, max(1.0, min(NEAR, (NEAR_PIXELS / (rows * columns)) ** 0.5)))
    far = _pass(np.ascontiguousarray(shown[:, ::-1]), FAR)[:, ::-1]
    passes = (far, _pass(shown, 1), near)
    return Probability(np.mean(passes, axis=0, dtype=np.float32), near, scale)


def _pass(pixels: npt.NDArray[np.uint8], zoom: float) -> Grey:
    """Return the network's output for a scaled picture, at the picture's own size."""
    output = _output(_resized(pixels, zoom))
    return output if zoom == 1 else np.asarray(cv2.resize(output, pixels.shape[1::-1]))


def _resized(pixels: npt.NDArray[np.uint8], scale: float) -> npt.NDArray[np.uint8]:
    """Return a picture scaled by `scale`."""
    if scale == 1:
        return pixels
    interpolation = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    sides = [max(1, round(side * scale)) for side in pixels.shape[1::-1]]
    return np.asarray(cv2.resize(pixels, sides, interpolation=interpolation), dtype=np.uint8)


def _output(pixels: npt.NDArray[np.uint8]) -> Grey:
    """Return the network's output for each pixel of one picture."""
    rows, columns = pixels.shape[:2]
    padded = np.zeros((1, 3, _padded_side(rows), _padded_side(columns)), dtype=np.float32)
    padded[0, :, :rows, :columns] = np.moveaxis(np.atleast_3d(pixels), 2, 0) / np.float32(255)
    network = _network()
    network.setInput(padded)
    return np.asarray(network.forward()[0, 0, :rows, :columns], dtype=np.float32)


def _scale(longest: int) -> float:
    if longest > LARGEST:
        return SHOWN / longest
    return ENLARGED / longest if longest < SMALLEST else 1.0


def _padded_side(side: int) -> int:
    return -(-side // STRIDE) * STRIDE


def _network() -> Any:
    """Return this thread's network, which can't be shared between threads."""
    if not hasattr(_NETWORKS, "marks"):
        weights = resources.files("hilum.prepare.clean").joinpath("marks.onnx").read_bytes()
        _NETWORKS.marks = cv2.dnn.readNetFromONNX(np.frombuffer(weights, dtype=np.uint8))
    return _NETWORKS.marks
