"""Samples of slices with a bright square, and maps of one hot cell each."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hilum.cam_maps import CENTRED
from hilum.steps.sanity.sample import Sample, on_grid

SIDE, STEPS = 32, 32


def sample_of(cells: list[tuple[int, int]], background: int = 0) -> Sample:
    """Slices with a bright square, and maps (4, 4) of one hot cell each."""
    count = len(cells)
    grey = np.full((count, SIDE, SIDE), background, dtype=np.uint8)
    grey[:, 8:16, 8:16] = 255
    maps = np.zeros((count, 4, 4), dtype=np.float32)
    for number, index in enumerate(cells):
        maps[(number, *index)] = 1
    rows = pd.DataFrame(
        {"slice_id": [f"s{n}" for n in range(count)], "group": [f"g{n}" for n in range(count)],
         "label": "x", "target": "x"}
    )  # fmt: skip
    target = np.zeros(count, dtype=np.int64)
    return Sample(rows, {SIDE: grey}, SIDE, target, maps, on_grid(maps, CENTRED), CENTRED, {})
