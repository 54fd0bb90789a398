"""Class probabilities of every slice of a decoded table."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hilum.engines import mean_probabilities
from hilum.prepare import BATCH, Decoded, decode_sizes, sized_batches
from hilum.progress import Progress
from hilum.steps.predict.engine import LoadedEngine
from hilum.table import SliceTable

__all__ = ["table_probabilities"]


def table_probabilities(
    opened: LoadedEngine, table: SliceTable, decoded: Decoded, progress: Progress
) -> npt.NDArray[np.float64]:
    """Return probabilities (slices, classes) in the table's order; rows sum to 1.

    Args:
        opened: the networks of a run. Those of an ensemble that see another size than `decoded`
            has get the slices at theirs.
        table: n slices.
        decoded: the same slices at the run's size.
        progress: receives the progress.
    """
    if opened.remark:
        progress.say(opened.remark)
    size = decoded.grey.shape[1]
    others = {network.size for network in opened.networks} - {size}
    with decode_sizes(table, others, progress=progress) as resized:
        pictures = {size: decoded.grey, **{other: part.grey for other, part in resized.items()}}
        batches = []
        for batch in sized_batches(pictures):
            batches.append(mean_probabilities(opened.networks, batch))
            progress.advance("predicting", min(len(batches) * BATCH, len(table)), len(table))
    return np.concatenate(batches)
