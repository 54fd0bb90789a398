"""Made-up pictures with enough detail to be known by."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
import pytest

Grey = npt.NDArray[np.uint8]
MakeScene = Callable[..., Grey]


@pytest.fixture(scope="session")
def scene() -> MakeScene:
    """Make a body of soft tissue in air, with seeded vessels in it; same seed, same picture."""

    def make(seed: int, size: int = 256) -> Grey:
        rng = np.random.default_rng(seed)
        grey = np.zeros((256, 256), dtype=np.float32)
        cv2.ellipse(grey, (128, 128), (115, 95), 0, 0, 360, 180.0, -1)
        for middle in (80, 176):
            cv2.ellipse(grey, (middle, 125), (38, 62), 0, 0, 360, 60.0, -1)
        for x, y, radius, level in zip(
            rng.integers(45, 211, 60), rng.integers(60, 190, 60),
            rng.integers(2, 9, 60), rng.integers(80, 255, 60), strict=True,
        ):  # fmt: skip
            cv2.circle(grey, (int(x), int(y)), int(radius), float(level), -1)
        grey += rng.normal(0, 3, grey.shape).astype(np.float32)
        picture = np.clip(grey, 0, 255).astype(np.uint8)
        return np.asarray(cv2.resize(picture, (size, size), interpolation=cv2.INTER_AREA))

    return make


@pytest.fixture(scope="session")
def blobs() -> MakeScene:
    """Make a picture of seeded blobs, without a common outline; same seed, same picture."""

    def make(seed: int) -> Grey:
        coarse = np.random.default_rng(seed).integers(0, 256, (14, 14)).astype(np.uint8)
        return np.asarray(cv2.resize(coarse, (256, 256), interpolation=cv2.INTER_CUBIC))

    return make
