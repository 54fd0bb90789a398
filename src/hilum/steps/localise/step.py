"""Localise: how well a run's maps find annotated lesions, compared with controls."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from hilum.cam_maps import MapsFacts, read_index, read_maps_facts
from hilum.learn.predict import Member, load_networks, untrained_networks
from hilum.prepare import decode_table
from hilum.prepare.lesions import has_lesion
from hilum.progress import SILENT, Progress
from hilum.run import Run, as_run, write_json
from hilum.run.network import network_facts
from hilum.scores.localisation import (
    NETWORK,
    Map,
    area_share,
    chance_level,
    extent,
    metric_column,
    random_boxes,
    size_of,
)
from hilum.steps.explain.write_maps import A_FILE, MapsWanted, write_maps
from hilum.steps.localise.covering import cover_lesions
from hilum.steps.localise.measure import (
    UNCHOSEN,
    Levels,
    Measured,
    choose_levels,
    learn_prior,
    measure,
)
from hilum.steps.localise.summary import ChosenThresholds, localisation_content
from hilum.table import NORMAL, SliceTable, write_csv

__all__ = ["localise"]

RANDOM_NETWORK = "random_network"
SEED = 0
"""Seed of the untrained network's weights."""
DECIMALS = 6


class _MapMaker(NamedTuple):
    """Networks, and the maps to make with them."""

    members: Sequence[Member]
    wanted: MapsWanted


def localise(
    run: Run | Path | str, *, untrained: bool = True, progress: Progress = SILENT
) -> dict[str, Any] | None:
    """Compare the maps of a run with boxes and masks, and write how well they find lesions.

    Writes `localisation.csv`, one row per slice and kind of region, and `localisation.json`:
    metrics with intervals over groups, next to those of the controls, by lesion size and by
    correctness of the prediction, with a verdict; and how much of the AUC is left where lesions
    are covered with plain lung (`hilum.steps.localise.covering.cover_lesions`). If no slice of the
    maps' split has a lesion, nothing is written.

    Args:
        run: a run with maps made by `explain`, or its folder.
        untrained: also measure an untrained network, which takes as long as the maps did.
        progress: receives messages and progress.

    Returns:
        the content of localisation.json, or None.

    Raises:
        UsageError: the run is a cross-validation.
        RunError: it has no maps, or lacks something.
        ReadError, TableError: a mask can't be read, or does not match its slice.
    """
    run = as_run(run)
    facts, full_table = read_maps_facts(run.maps), run.table()
    lesions = full_table.where(has_lesion(full_table.rows))
    scored, validation = lesions.part(facts.split), lesions.part("validation")
    if not len(scored):
        _say_nothing(run, facts.split, progress)
        return None
    makers = _makers(run, facts, untrained=untrained)
    prior = _prior(lesions.part("train"), full_table, makers[NETWORK].members[0].size, progress)
    with tempfile.TemporaryDirectory(prefix="hilum-maps-") as temporary:
        there = _maps(
            makers, scored, {NETWORK: run.maps}, Path(temporary) / "own", full_table, progress
        )
        if facts.split == "validation":
            before = there
        else:
            before = _maps(
                makers, validation, {}, Path(temporary) / "validation", full_table, progress
            )
        levels = choose_levels(
            _with_progress(measure(validation, before, prior), len(validation), progress)
        )
        found = _with_progress(measure(scored, there, prior), len(scored), progress)
        rows = _frame(_rows(scored, found, levels, read_index(run.maps)))
    if rows.empty:  # masks of nothing
        _say_nothing(run, facts.split, progress)
        return None
    chosen = ChosenThresholds(levels, len(validation), int(validation.rows["group"].nunique()))
    content = localisation_content(rows, chosen, facts)
    covered = cover_lesions(
        makers[NETWORK].members, full_table.part(facts.split), full_table,
        facts=network_facts(run), healthy=_healthy(run), progress=progress,
    )  # fmt: skip
    if covered:
        content["lesions_covered"] = covered
    write_csv(rows, run.localisation_table)
    write_json(content, run.localisation_file)
    return content


def _say_nothing(run: Run, split: str, progress: Progress) -> None:
    """Remove older results, and say that there is no lesion."""
    run.remove_localisation()
    progress.say(f"No {split} slice has a box or a mask: no lesion to compare maps with.")


def _healthy(run: Run) -> str:
    """Return the class of slices without disease: the recipe's, or what tables call it."""
    return run.answering()[0].recipe().classes.healthy or NORMAL


def _makers(run: Run, facts: MapsFacts, *, untrained: bool) -> dict[str, _MapMaker]:
    """Return the networks to make maps with, with the settings of the run's maps."""
    names = network_facts(run).class_names
    settings = (names, facts.target, facts.method, facts.layer)
    makers = {NETWORK: _MapMaker(load_networks(run), MapsWanted(*settings))}
    if untrained:
        weights = f"random weights, seed {SEED}"
        members = untrained_networks(run, seed=SEED)
        makers[RANDOM_NETWORK] = _MapMaker(members, MapsWanted(*settings, weights=weights))
    return makers


def _prior(table: SliceTable, full_table: SliceTable, size: int, progress: Progress) -> Map | None:
    """Return the prior of lesion positions from training slices; None without any."""
    if not len(table):
        return None
    with decode_table(table, size=size, full_table=full_table, progress=progress) as decoded:
        return learn_prior(table, decoded)


def _maps(
    makers: Mapping[str, _MapMaker],
    table: SliceTable,
    there: Mapping[str, Path],
    parent: Path,
    full_table: SliceTable,
    progress: Progress,
) -> dict[str, Path]:
    """Return the maps folder of each maker, written below `parent` if missing."""
    folders = dict(there)
    for name in makers.keys() - there.keys() if len(table) else ():
        folders[name] = parent / name
        folders[name].mkdir(parents=True)
        members, wanted = makers[name]
        write_maps(
            members, table, folders[name], wanted=wanted, full_table=full_table, progress=progress
        )
    return folders


def _with_progress(
    measured: Iterator[Measured], total: int, progress: Progress
) -> Iterator[Measured]:
    """Yield the measurements, and report the progress."""
    for one in measured:
        progress.advance("finding lesions", one.row + 1, total)
        yield one


def _frame(rows: Iterator[dict[str, Any]]) -> pd.DataFrame:
    """Return rows as a table, converted in chunks: columns take less memory."""
    parts = []
    while some := list(islice(rows, A_FILE)):
        parts.append(pd.DataFrame(some))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _rows(
    table: SliceTable, measured: Iterator[Measured], levels: Levels, index: pd.DataFrame
) -> Iterator[dict[str, Any]]:
    """Yield the rows of localisation.csv."""
    known = index.set_index("slice_id")
    size = ""
    last = -1
    for one in measured:
        facts = known.loc[table.rows["slice_id"].iloc[one.row]]
        if one.row != last:  # by its boxes, if it has any: they come first
            last, size = one.row, size_of(extent(one.region))
        yield {
            "slice_id": facts.name,
            **{
                name: facts[name]
                for name in ("group", "split", "label", "predicted", "target", "probability")
            },
            "state": facts["state"],
            "region": one.kind,
            "area": round(area_share(one.region), DECIMALS),
            "size": size,
            **_figures(one, levels),
        }


def _figures(one: Measured, levels: Levels) -> dict[str, float]:
    """Return the metrics of the network and of each control."""
    of = {
        name: found.metrics(levels.get((one.kind, name), UNCHOSEN))
        for name, found in one.found.items()
    }
    of["random_boxes"] = random_boxes(one.region)
    of["chance"] = chance_level(one.region, one.found[NETWORK].hot)
    return {
        metric_column(figure, name): round(value, DECIMALS)
        for name, figures in of.items()
        for figure, value in figures.items()
    }
