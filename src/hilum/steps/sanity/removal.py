"""Deletion and insertion on a run's slices: predictions while pixels are removed or restored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.audit import removal_concern
from hilum.cam_maps import in_slice_pixels
from hilum.engines import Engine, as_probabilities
from hilum.prepare import batches
from hilum.progress import Progress
from hilum.scores.deletion import (
    BLUR,
    GAMES,
    ORDERS,
    area,
    blank,
    perturbed,
    ranks,
    shares,
    shifted,
)
from hilum.scores.localisation import centre_prior
from hilum.steps.sanity.sample import CheckResult, Grey, Maps, Sample

__all__ = ["MATTERS", "removal"]

MATTERS = 0.1
"""A slice counts only if emptying it lowers the class's probability by at least this much: where
the network predicts the same for an empty slice, no pixel matters."""
FILLS = {
    "deletion": "the slice's mean grey",
    "insertion": f"the slice, blurred by {BLUR:g} of its side",
}
OUTPUTS = ("probability", "logit")

Ranks = npt.NDArray[np.int64]


def removal(
    sample: Sample, engine: Engine, *, steps: int, seed: int, progress: Progress
) -> CheckResult:
    """Return the entries `deletion` and `insertion` of sanity.json, and their rows of sanity.csv.

    Args:
        sample: slices, classes and maps.
        engine: the network.
        steps: the network predicts after each of `steps` equal parts of the pixels.
        seed: of all random draws.
        progress: receives the progress.
    """
    content: dict[str, Any] = {}
    rows: list[pd.DataFrame] = []
    another = np.concatenate(sample.partners(most=1, seed=seed))
    for game in GAMES:
        playable = np.flatnonzero(_matters(sample, engine, game))
        part = sample.part(playable)
        curves = np.zeros((len(part), len(ORDERS), len(OUTPUTS), steps + 1))
        for number, index in enumerate(playable.tolist()):
            cells = sample.cells[index], sample.cells[another[index]]
            rng = np.random.default_rng([seed, index])
            orders = _orders(sample.grey[index], cells, sample.offset, rng)
            for order, turns in enumerate(orders):
                slices = list(perturbed(sample.grey[index], turns, game, steps=steps))
                curves[number, order] = _outputs(engine, slices, sample.target[index])
            progress.advance(game, number + 1, len(part))
        areas = {order: area(curves[:, number, 0]) for number, order in enumerate(ORDERS)}
        rows += [part.long_rows(game, order, {"area": own}) for order, own in areas.items()]
        content[game] = _game_content(game, part, curves, areas, of=len(sample))
    return CheckResult(content, rows)


def _matters(sample: Sample, engine: Engine, game: str) -> npt.NDArray[np.bool_]:
    """Return (n,) whether emptying a slice lowers its class's probability."""
    drop = np.zeros(len(sample))
    for batch in batches(len(sample)):
        grey, target = sample.grey[batch], sample.target[batch]
        empty = np.stack([blank(one, game) for one in grey])
        probabilities = [as_probabilities(engine.logits(some)) for some in (grey, empty)]
        own = np.arange(len(grey))
        drop[batch] = probabilities[0][own, target] - probabilities[1][own, target]
    return np.asarray(drop >= MATTERS)


def _orders(
    grey: Grey,
    cells: tuple[Maps, Maps],
    offset: tuple[float, float],
    rng: np.random.Generator,
) -> list[Ranks]:
    """Return the rank of each pixel, for each of ORDERS.

    Args:
        grey: (size, size).
        cells: (rows, columns) of the slice's own map, and of another slice's.
        offset: of the maps' pixels.
        rng: for the shift of the map, and the order of equal pixels.
    """
    own, another = cells
    shape = (grey.shape[0], grey.shape[1])
    coarse = {"map": own, "moved": shifted(own, rng), "another": another}
    fine = {name: in_slice_pixels(one, shape, offset) for name, one in coarse.items()}
    fine["centre"] = centre_prior(shape)
    return [ranks(fine[order], rng) for order in ORDERS]


def _outputs(engine: Engine, slices: Sequence[Grey], target: int) -> npt.NDArray[np.float64]:
    """Return probability and logit of a class, (2, n), of slices, a batch at a time."""
    logits = np.concatenate(
        [engine.logits(np.stack(slices[batch])) for batch in batches(len(slices))]
    )
    return np.stack([as_probabilities(logits)[:, target], logits[:, target].astype(np.float64)])


def _game_content(
    game: str,
    sample: Sample,
    curves: npt.NDArray[np.float64],
    areas: dict[str, npt.NDArray[np.float64]],
    *,
    of: int,
) -> dict[str, Any]:
    """Return the entry of deletion or insertion in sanity.json."""
    reached = sample.estimates(areas)
    minus = sample.differences({order: areas["map"] - areas[order] for order in ORDERS[1:]})
    concern = removal_concern(game, reached, minus, tested=len(sample), of=of)
    drawn = {}
    if len(sample):
        mean = curves.mean(axis=0).round(6).tolist()
        drawn = {
            order: dict(zip(OUTPUTS, mean[index], strict=True))
            for index, order in enumerate(ORDERS)
        }
    return {
        **concern.as_json(),
        "slices": len(sample),
        "groups": len(set(sample.groups)),
        "fill": FILLS[game],
        "areas": reached,
        "map_minus": minus,
        "shares": shares(curves.shape[-1] - 1).round(6).tolist(),
        "curves": drawn,
    }
