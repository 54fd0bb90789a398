"""Sanity: do a run's maps mean anything? Randomised layers, other networks, removed pixels."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from PIL import Image

from hilum.errors import UsageError
from hilum.learn.maps import LAST, Explainer
from hilum.learn.predict import load_networks
from hilum.learn.randomise import backbone_stages
from hilum.progress import SILENT, Progress
from hilum.report.sanity.figures import sanity_drawings
from hilum.report.sanity.sheet import draw_sanity_sheet
from hilum.run import Run, as_run, write_json
from hilum.run.environment import version
from hilum.run.network import network_facts
from hilum.scores import INTERVAL
from hilum.steps.explain import POSITIVE, PREDICTED
from hilum.steps.sanity.maps import agreement, different_slices, judged, randomisation
from hilum.steps.sanity.other_runs import OtherRun, other_runs
from hilum.steps.sanity.removal import removal
from hilum.steps.sanity.sample import CheckResult, MapQuery, Sample, map_maker, take_slices
from hilum.storage.atomic import new_folder, write_text
from hilum.table import SPLITS, write_csv

__all__ = ["SanityOptions", "sanity"]

SHOWN, STAGES_SHOWN = 4, 5
"""Slices and stages on the sheet of maps."""


@dataclass(frozen=True)
class SanityOptions:
    """Options of the checks.

    Attributes:
        slices: maximum number of drawn slices, labels in turn, each group once before any twice.
        draws: random initialisations; metrics are means over them.
        steps: number of equal parts in which a slice's pixels are removed or restored.
        split: of the slices.
        target: the class that all maps explain: "positive", "predicted" (by the run's network), or
            a class.
        method, layer: see `hilum.steps.explain.step.explain`.
        seed: of all random draws.
    """

    slices: int = 32
    draws: int = 3
    steps: int = 20
    split: str = "test"
    target: str = POSITIVE
    method: str = "gradcam"
    layer: str = LAST
    seed: int = 0

    def __post_init__(self) -> None:
        for name, least in (("slices", 2), ("draws", 1), ("steps", 2), ("seed", 0)):
            if getattr(self, name) < least:
                raise UsageError(f"{name} must be {least} or more; got {getattr(self, name)}.")
        if self.split not in SPLITS:
            raise UsageError(f"split must be one of {', '.join(SPLITS)}; got {self.split!r}.")


def sanity(
    run: Run | Path | str,
    others: Iterable[Run | Path | str] = (),
    *,
    options: SanityOptions = SanityOptions(),
    progress: Progress = SILENT,
) -> dict[str, Any]:
    """Check whether a run's maps mean anything; write the folder `sanity/` of the run.

    Three checks, on the same slices and for the same class of each: the maps must change as layer
    after layer is randomised; other runs' maps should agree with them more than maps of different
    slices do; and the prediction should fall (or rise) sooner when pixels are removed (or restored)
    in the order of the map than in uninformed orders.

    Args:
        run: a finished run of one network, or its folder.
        others: runs on the same slices and splits, of the same recipe with another seed, or of
            other networks.
        options: numbers of slices, draws and steps; class, method and layer.
        progress: receives messages and progress.

    Returns:
        the content of sanity.json.

    Raises:
        UsageError: an invalid option, a run without a network of its own, or runs that don't match.
        RunError: a run lacks something, or its network has no such layer.
    """
    run = as_run(run)
    run.refuse_without_network()
    query = _query(run, options)
    full_table, compared = run.table(), other_runs(run, list(others))
    table = full_table.part(options.split)
    if not len(table):
        raise UsageError(f"{run.folder} has no slices of the split {options.split!r}.")
    sizes = {query.member.size, *(other.member.size for other in compared)}
    sample = take_slices(
        query, table, full_table, sizes=sizes, count=options.slices, seed=options.seed,
        progress=progress,
    )  # fmt: skip
    content, results = _check(run, query, sample, compared, options, progress)
    rows = [some for one in results for some in one.rows]
    with new_folder(run.sanity, force=True) as draft:
        write_json(content, draft / "sanity.json")
        write_csv(pd.concat(rows, ignore_index=True), draft / "sanity.csv", escape=True)
        _sheet(sample, results).save(draft / "maps.png")
        for name, drawing in sanity_drawings(content).items():
            write_text(draft / f"{name}.svg", drawing.svg)
    return content


def _query(run: Run, options: SanityOptions) -> MapQuery:
    """Return the run's network and the class that its maps are for."""
    facts = network_facts(run)
    names = facts.class_names
    known = (POSITIVE, PREDICTED, *names)
    if options.target not in known:
        raise UsageError(f"target must be one of {', '.join(known)}; got {options.target!r}.")
    (member,) = load_networks(run)
    explainer = Explainer([member], method=options.method, layer=options.layer)
    if options.target in names:
        return MapQuery(member, explainer, names, names.index(options.target))
    predicted = options.target == PREDICTED
    return MapQuery(member, explainer, names, None if predicted else names.index(facts.positive))


def _check(
    run: Run,
    query: MapQuery,
    sample: Sample,
    compared: Sequence[OtherRun],
    options: SanityOptions,
    progress: Progress,
) -> tuple[dict[str, Any], list[CheckResult]]:
    """Return the content of sanity.json, and the result of each check."""
    member, seed = query.member, options.seed
    floor = different_slices(sample, seed=seed)
    stages = backbone_stages(member.network, size=member.size)
    randomised = randomisation(
        sample, run, member.network, map_maker(query.explainer, member.size), stages,
        (options.draws, seed), progress,
    )  # fmt: skip
    agreed = []
    for index, other in enumerate(compared):
        agreed.append(_agreement(sample, other, options))
        progress.advance("other runs", index + 1, len(compared))
    games = removal(sample, member, steps=options.steps, seed=seed, progress=progress)
    content = {
        "hilum": version(),
        "options": asdict(options),
        "method": query.explainer.method.title,
        "layers": list(query.explainer.layers),
        "slices": len(sample),
        "groups": len(set(sample.groups)),
        "by_target": sample.rows["target"].value_counts().sort_index().to_dict(),
        "left_out": sample.left_out,
        "interval": INTERVAL,
        "different_slices": floor.content,
        "randomisation": judged(randomised.content, floor.content),
        "runs": [
            {**other.facts, **result.content}
            for other, result in zip(compared, agreed, strict=True)
        ],
        **games.content,
    }
    return content, [floor, randomised, *agreed, games]


def _sheet(sample: Sample, results: Sequence[CheckResult]) -> Image.Image:
    """Return a sheet of maps: as trained, while layers are randomised, of other runs."""
    _, randomised, *others = results
    shown = sample.first_of_groups(SHOWN)
    names = list(randomised.shown)
    some = np.unique(np.linspace(0, len(names) - 1, STAGES_SHOWN).round().astype(int))
    columns = {"as trained": sample.cells}
    for name in (names[index] for index in some):
        title = f"random down to {name.split(' to ')[0]}" if name != names[0] else f"{name} random"
        columns[title] = randomised.shown[name]
    for other in others:
        columns |= other.shown
    return draw_sanity_sheet(
        list(sample.grey[shown]), {name: list(maps[shown]) for name, maps in columns.items()}
    )


def _agreement(sample: Sample, other: OtherRun, options: SanityOptions) -> CheckResult:
    """Return how similar another run's maps are."""
    member = other.member
    explainer = Explainer([member], method=options.method, layer=options.layer)
    cells = map_maker(explainer, member.size)(sample.sized[member.size], sample.target)
    return agreement(
        sample, cells, explainer.offset, name=other.name, other=other.words, seed=options.seed
    )
