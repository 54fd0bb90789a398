"""The output of the small network for a slice: where its lungs are, and which way up it lies.

It was trained on masks that need no hand (benchmarks/lung_network) and runs in OpenCV.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from importlib import resources
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["SIDE", "LungOutput", "look_for_lungs"]

Grey = npt.NDArray[np.uint8]
Shares = npt.NDArray[np.float32]

SIDE = 128
"""Rows and columns of the network's input, to which a slice is stretched."""

_NETWORKS = threading.local()


@dataclass(frozen=True)
class LungOutput:
    """The network's output for one slice.

    Attributes:
        lungs: (SIDE, SIDE) float32, the probability of each pixel to belong to a lung.
        chest: probability that it is an axial slice of a chest.
        turns: (4,) float32, probability of each number of quarter turns counterclockwise that would
            set it upright.
    """

    lungs: Shares
    chest: float
    turns: Shares


def look_for_lungs(grey: Grey, *, mirrored: bool = False) -> LungOutput:
    """Return the output for a slice.

    Args:
        grey: (rows, columns) uint8.
        mirrored: return the mean with that for the slice's mirror image: better, and takes twice
            the time.
    """
    shrinks = grey.shape[0] >= SIDE and grey.shape[1] >= SIDE
    interpolation = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    small = cv2.resize(np.ascontiguousarray(grey), (SIDE, SIDE), interpolation=interpolation)
    picture = small.astype(np.float32) / np.float32(255)
    network = _network()
    network.setInput(np.stack([picture, picture[:, ::-1]][: 1 + mirrored])[:, None])
    lungs, facts = network.forward(["lungs", "facts"])
    likely, turns = lungs[0, 0], facts[0, 1:]
    if mirrored:  # a slice on its left side lies on its right one in the mirror
        likely, turns = (likely + lungs[1, 0, :, ::-1]) / 2, (turns + facts[1, [1, 4, 3, 2]]) / 2
    return LungOutput(np.array(likely), float(facts[:, 0].mean()), np.array(turns))


def _network() -> Any:
    """Return this thread's network, which can't be shared between threads."""
    if not hasattr(_NETWORKS, "lungs"):
        weights = resources.files("hilum.prepare.lungs").joinpath("lungs.onnx").read_bytes()
        _NETWORKS.lungs = cv2.dnn.readNetFromONNX(np.frombuffer(weights, dtype=np.uint8))
    return _NETWORKS.lungs
