"""External validation: a run and another labelled table in, metrics under a name out."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from hilum.audit import border_features, probe_border
from hilum.errors import RunError, UsageError
from hilum.prepare import decode_table
from hilum.progress import SILENT, Progress
from hilum.run import Run, as_run, write_json
from hilum.run.network import NetworkFacts, network_facts
from hilum.scores import Labelled, check_prevalence
from hilum.steps.evaluate.elsewhere_metrics import ElsewhereQuery, elsewhere_metrics
from hilum.steps.evaluate.labels import map_labels, select_labels
from hilum.steps.evaluate.metrics import labelled, predictions_frame
from hilum.steps.evaluate.overlap import Overlap, find_overlap
from hilum.steps.evaluate.part_columns import Texts, part_columns
from hilum.steps.evaluate.probabilities import table_probabilities
from hilum.steps.predict.engine import check_engine, open_engine
from hilum.storage.atomic import new_folder, refuse_existing
from hilum.table import SliceTable, as_table, write_csv, write_table

__all__ = ["ELSEWHERE_MARKS", "ElsewhereOptions", "evaluate_elsewhere"]

ELSEWHERE_MARKS = ("metrics.json", "predictions.csv")
"""Files of an evaluation elsewhere: by them --force knows its own."""
NAME = re.compile(r"[^\W_][\w.-]{0,63}")
"""A name that is a folder's on every system."""


@dataclass(frozen=True)
class ElsewhereOptions:
    """How a run is evaluated on another table.

    Attributes:
        name: of the folder `elsewhere/NAME` in the run; empty: the table's name without suffix.
        renamed: label of the table -> class of the run.
        pair: two labels, the positive one first; only their slices are scored, by the score that
            the run has for them (see `hilum.scores.pairs`). None: all classes of the run.
        by: columns of the table to show metrics by each value of; `lesion-size` and
            `slice-thickness` are computed.
        prevalence: share of positives where the network would be used, for predictive values and
            net benefit, 0 to 1; None: not stated.
        unrelated: groups and patient ids that both tables have are other patients, as where each
            hospital counts from 1; files, DICOM's own ids and pictures are compared all the same.
        drop_shared: leave out the slices that are shared with training.
        overlapping: evaluate although slices are shared with training; the result is marked.
        engine: see `hilum.steps.predict.engine.ENGINES`.
        force: replace an evaluation of the same name.
    """

    name: str = ""
    renamed: Mapping[str, str] = field(default_factory=dict)
    pair: tuple[str, str] | None = None
    by: tuple[str, ...] = ()
    prevalence: float | None = None
    unrelated: bool = False
    drop_shared: bool = False
    overlapping: bool = False
    engine: str = "auto"
    force: bool = False


def evaluate_elsewhere(
    run: Run | Path | str,
    table: SliceTable | Path | str,
    *,
    options: ElsewhereOptions = ElsewhereOptions(),
    progress: Progress = SILENT,
) -> dict[str, Any]:
    """Evaluate a run on slices that it was not trained on; nothing is chosen on them.

    Operating points and temperature are those that the run has from its own validation slices;
    the border probe is trained on the run's training slices and asked about the new ones. Writes
    slices.csv, predictions.csv and metrics.json to `elsewhere/NAME` in the run folder.

    Args:
        run: a finished run with a network (or an ensemble), or its folder.
        table: a labelled slice table, or its path; its column `split` is ignored.
        options: how.
        progress: receives messages and progress.

    Returns:
        the content of metrics.json, see docs/reference/files.md.

    Raises:
        UsageError: an option can't be followed, or the run shares slices with the table.
        TableError: the table has labels that the run doesn't know, or lacks a column.
        ReadError: a slice can't be read.
        RunError: the run is not whole.
    """
    check_engine(options.engine)
    if options.drop_shared and options.overlapping:
        raise UsageError(
            "--drop-shared leaves out the slices that training saw, --overlapping scores them: "
            "give one of the two."
        )
    if options.prevalence is not None:
        check_prevalence(options.prevalence)
    run = as_run(run)
    run.answering()
    facts, given = network_facts(run), as_table(table)
    given = replace(given, harmonised=run.description.harmonise)
    scored = select_labels(map_labels(given, options.renamed), facts.class_names, options.pair)
    parts = part_columns(scored, options.by)
    folder = run.elsewhere / _name(options.name, given)
    refuse_existing(folder, force=options.force, marks=ELSEWHERE_MARKS)
    _check_training_slices(run)
    overlap = find_overlap(run.table(), scored, names_differ=options.unrelated, progress=progress)
    if overlap.any and options.drop_shared:
        scored, parts, overlap = _without_shared(scored, parts, overlap)
    elif overlap.any and not options.overlapping:
        raise UsageError(
            f"{given.name} must hold none of the slices or patients that {run.folder} was trained "
            f"on. {overlap.sentence} Leave them out with --drop-shared; or give --unrelated if "
            f"equal names mean other patients, or --overlapping to evaluate regardless: the "
            f"result will say so."
        )
    cases, border = _predict(run, facts, scored, options, progress)
    query = ElsewhereQuery(
        folder.name, options.pair, options.renamed, options.prevalence, overlap, parts
    )
    metrics = elsewhere_metrics(run, scored, cases, border, query)
    _write(folder, scored, cases, metrics, force=options.force)
    return metrics


def _check_training_slices(run: Run) -> None:
    """Refuse a run whose slices are no longer where it left them, as when it was moved alone.

    Raises:
        RunError: a slice of it is not there.
    """
    table = run.table()
    paths = table.where(table.rows["split"].isin(["train", "validation"])).paths()
    gone = [path for path in paths if not path.is_file()]
    if gone:
        raise RunError(
            f"{run.folder}: evaluating on another table needs the slices that the run was trained "
            f"on, for the border probe and to find shared ones; {len(gone)} of {len(paths)} are "
            f"not there, such as {gone[0]}. Move a run together with its slices."
        )


def _name(name: str, table: SliceTable) -> str:
    """Return the folder's name."""
    chosen = name or Path(table.name).stem
    if not NAME.fullmatch(chosen):
        raise UsageError(
            f"a name holds letters, digits, '.', '-' and '_', 64 at most, and begins with a "
            f"letter or digit; got {chosen!r}. Give another one with --name."
        )
    return chosen


def _without_shared(
    table: SliceTable, parts: Mapping[str, Texts], overlap: Overlap
) -> tuple[SliceTable, Mapping[str, Texts], Overlap]:
    """Return the slices that training did not see, with their parts.

    Raises:
        UsageError: none is left.
    """
    left = ~overlap.shared
    if not left.any():
        raise UsageError(
            f"{table.name}: --drop-shared must leave slices to score, and training saw all "
            f"{len(left)} of them; give a table of other patients."
        )
    remaining = table.where(pd.Series(left))
    of_remaining = {name: of_slices[left] for name, of_slices in parts.items()}
    return remaining, of_remaining, overlap.dropped()


def _predict(
    run: Run,
    facts: NetworkFacts,
    table: SliceTable,
    options: ElsewhereOptions,
    progress: Progress,
) -> tuple[Labelled, Labelled]:
    """Return the slices as the network and as the border alone see them, in the run's classes."""
    names, positive = facts.class_names, facts.positive
    opened = open_engine(run, options.engine)
    with decode_table(table, size=facts.size, progress=progress) as decoded:
        probabilities = table_probabilities(opened, table, decoded, progress)
        queried = border_features(decoded.grey)
    trained = run.table().part("train")
    with decode_table(trained, size=facts.size, progress=progress) as decoded:
        train = border_features(decoded.grey)
    labels = trained.rows["label"].to_numpy(dtype=object)
    by_border = probe_border(train, labels, queried, names)
    cases, border = (
        labelled(predictions_frame(table, columns, names), names, positive)
        for columns in (probabilities, by_border)
    )
    return cases, border


def _write(
    folder: Path, table: SliceTable, cases: Labelled, metrics: dict[str, Any], *, force: bool
) -> None:
    """Write the evaluation's folder, whole or not at all."""
    rows = predictions_frame(table, cases.probabilities, list(cases.class_names))
    folder.parent.mkdir(exist_ok=True)
    with new_folder(folder, force=force, marks=ELSEWHERE_MARKS) as draft:
        write_table(replace(table, name="slices.csv"), draft / "slices.csv")
        write_csv(rows, draft / "predictions.csv")
        write_json(metrics, draft / "metrics.json")
