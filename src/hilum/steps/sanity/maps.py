"""Checks that compare maps: of different slices, of randomised layers, of other networks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from hilum.audit import agreement_concern, randomisation_concern
from hilum.cam_maps import state_of_maps
from hilum.learn.networks import Classifier
from hilum.learn.randomise import Stage, kept_weights, randomise, untrained
from hilum.progress import Progress
from hilum.run import Run
from hilum.scores.similarity import MEASURES, map_similarity
from hilum.steps.sanity.sample import CheckResult, MakeMaps, Maps, Sample, on_grid

__all__ = ["agreement", "different_slices", "judged", "randomisation"]

PARTNERS = 8
"""Number of other slices that each slice's map is compared with; more hardly change the mean."""

Values = dict[str, npt.NDArray[np.float64]]


def different_slices(sample: Sample, *, seed: int) -> CheckResult:
    """Return the similarity of the run's own maps of different slices, as a baseline.

    Args:
        sample: slices and maps.
        seed: of the choice of partners.
    """
    found = _among(sample, sample.maps, seed=seed)
    return CheckResult(
        sample.estimates(found), [sample.long_rows("different slices", "", found)], {}
    )


def _among(sample: Sample, others: Maps, *, seed: int) -> Values:
    """Return each map's mean similarity to its partners in `others` (n, GRID, GRID), (n,) each."""
    found: Values = {name: np.zeros(len(sample)) for name in MEASURES}
    for index, partners in enumerate(sample.partners(most=PARTNERS, seed=seed)):
        own = np.repeat(sample.maps[index : index + 1], len(partners), axis=0)
        for name, values in map_similarity(own, others[partners]).items():
            found[name][index] = values.mean()
    return found


def randomisation(
    sample: Sample,
    run: Run,
    network: Classifier,
    make_maps: MakeMaps,
    stages: Sequence[Stage],
    draws_and_seed: tuple[int, int],
    progress: Progress,
) -> CheckResult:
    """Return the similarity of maps to the trained network's while its layers are randomised.

    Args:
        sample: slices and the trained network's maps.
        run: the network's run.
        network: the network that `make_maps` uses; its weights are restored afterwards.
        make_maps: makes its maps.
        stages: in the order of randomisation.
        draws_and_seed: number of random initialisations, and the seed of the first.
        progress: receives the progress.
    """
    draws, seed = draws_and_seed
    values = np.zeros((draws, len(stages), len(MEASURES), len(sample)))
    empty = np.zeros((draws, len(stages)), dtype=np.int64)
    shown: dict[str, Maps] = {}
    for draw in range(draws):
        by = untrained(run, seed=seed + draw)
        with kept_weights(network):
            for index, stage in enumerate(stages):
                randomise(network, stage, by)
                cells = make_maps(sample.grey, sample.target)
                empty[draw, index] = (state_of_maps(cells) != "ok").sum()
                found = map_similarity(sample.maps, on_grid(cells, sample.offset))
                values[draw, index] = [found[name] for name in MEASURES]
                if draw == 0:
                    shown[stage.name] = cells
                done = draw * len(stages) + index + 1
                progress.advance("randomising layers", done, draws * len(stages))
    return _randomised(sample, stages, values, empty, shown)


def _randomised(
    sample: Sample,
    stages: Sequence[Stage],
    values: npt.NDArray[np.float64],
    empty: npt.NDArray[np.int64],
    shown: dict[str, Maps],
) -> CheckResult:
    """Return the metrics of each stage: means over the draws, and each draw's own mean."""
    contents, rows = [], []
    for index, stage in enumerate(stages):
        mean = dict(zip(MEASURES, values[:, index].mean(axis=0), strict=True))
        each = {
            name: [round(float(own.mean()), 6) for own in values[:, index, number]]
            for number, name in enumerate(MEASURES)
        }
        contents.append(
            {
                "name": stage.name, "layers": stage.layers, **sample.estimates(mean),
                "each_draw": each,
                "without_map": empty[:, index].tolist(),
            }
        )  # fmt: skip
        rows.append(sample.long_rows("randomisation", stage.name, mean))
    return CheckResult({"draws": len(values), "stages": contents}, rows, shown)


def judged(randomised: dict[str, Any], floor: dict[str, Any]) -> dict[str, Any]:
    """Return the entry `randomisation` of sanity.json, its level and sentence first."""
    return {**randomisation_concern(randomised["stages"], floor).as_json(), **randomised}


def agreement(
    sample: Sample,
    cells: Maps,
    offset: tuple[float, float],
    *,
    name: str,
    other: str,
    seed: int,
) -> CheckResult:
    """Return the similarity of another network's maps of the same slices to the run's own.

    Args:
        sample: slices and the run's own maps.
        cells: (n, rows, columns), the other network's maps of the same slices and classes.
        offset: of their pixels, see `hilum.cam_maps.in_slice_pixels`.
        name: of the other run, in sanity.csv.
        other: its description, for the sentence.
        seed: of the choice of partners.
    """
    empty = int((state_of_maps(cells) != "ok").sum())
    grid = on_grid(cells, offset)
    own, floor = map_similarity(sample.maps, grid), _among(sample, grid, seed=seed)
    lead = {measure: own[measure] - floor[measure] for measure in MEASURES}
    estimates = {"lead": sample.differences(lead), "floor": sample.estimates(floor)}
    same = sample.estimates(own)
    concern = agreement_concern(other, same, lead=estimates["lead"])
    rows = [
        sample.long_rows("agreement", name, own),
        sample.long_rows("agreement, different slices", name, floor),
    ]
    return CheckResult(
        {**concern.as_json(), **same, **estimates, "without_map": empty}, rows, {name: cells}
    )
