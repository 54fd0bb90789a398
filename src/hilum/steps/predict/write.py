"""Write predictions: to a stream, or into a file that several processes share and that resumes."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, TextIO

from hilum.engines import ExportedRun
from hilum.errors import RunError, UsageError
from hilum.processes import rank_and_count
from hilum.progress import SILENT, Progress
from hilum.run import Run
from hilum.run.environment import version
from hilum.steps.predict.formats import Form, RowFormat, TableText
from hilum.steps.predict.inputs import (
    FILES_A_SHARD,
    InputFiles,
    InputShard,
    check_output,
    into_shards,
    refuse_missing,
)
from hilum.steps.predict.options import PredictionSummary, PredictOptions
from hilum.steps.predict.outcome import Refused
from hilum.steps.predict.shards import Shard, ShardFolder, hash_of_files
from hilum.steps.predict.step import as_paths, make_predictor, open_source, predict, remarks_of
from hilum.steps.predict.stream import Predictor
from hilum.steps.predict.verdict import verdict_of
from hilum.storage.atomic import new_file, refuse_existing
from hilum.storage.file_hash import hash_of
from hilum.storage.lock import exclusive_output

__all__ = ["print_predictions", "write_predictions"]

LAUNCH, DONE = "launch.json", "done-{rank}.json"
"""Files in the shards' folder: the message of the first process, and of each other one when
done."""
POLL_SECONDS = 0.2
"""Seconds between two checks of what another process wrote."""
WAIT_FOR_FIRST = 600.0
"""Seconds within which the first process must have started: loading torch from a slow disk is
slow."""
REPORT_SECONDS = 60.0
"""Seconds between two messages on a long wait or prediction."""

Source = Run | ExportedRun


def print_predictions(
    run: Source | Path | str,
    paths: Path | str | Iterable[Path | str],
    text: TextIO,
    *,
    form: Form = "csv",
    options: PredictOptions | None = None,
    progress: Progress = SILENT,
) -> PredictionSummary:
    """Write the prediction of each slice to an open stream as soon as it is available.

    Args:
        run: as in `hilum.predict`.
        paths: as in `hilum.predict`.
        options: as in `hilum.predict`.
        text: a stream open for writing, such as stdout.
        form: "csv", or "json", an array of objects.
        progress: receives each refusal.

    Raises:
        UsageError: as in `hilum.predict`; or there is no slice.
        RunError: the run is incomplete.
    """
    source, inputs = open_source(run), as_paths(paths)
    summary, table = PredictionSummary(), TableText(text, form)
    rows = _row_format(source, inputs, form)
    for outcome in predict(source, inputs, options=options, summary=summary):
        if isinstance(outcome, Refused):
            progress.say(f"refused: {outcome.reason}")
        else:
            table.add(rows.columns(outcome), rows.body([outcome]))
    table.end()
    _refuse_nothing(summary, inputs)
    return summary


def write_predictions(
    run: Source | Path | str,
    paths: Path | str | Iterable[Path | str],
    *,
    out: Path | str,
    form: Form = "csv",
    options: PredictOptions | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> PredictionSummary | None:
    """Write the prediction of each slice into one file.

    The files are predicted in shards of `FILES_A_SHARD`, which are in `OUT.parts` until the file is
    written; the same call resumes from them. Several processes (RANK and WORLD_SIZE, as launchers
    set them), on one machine or on several that share the folder of `out`, take turns with the
    shards, and the first one writes the file.

    Args:
        run: as in `hilum.predict`.
        paths: as in `hilum.predict`.
        options: as in `hilum.predict`.
        out: the file to write: not an input, and not in a searched folder.
        form: "csv", or "json", an array of objects.
        force: replace an existing file at `out`, and shards of another prediction.
        progress: receives each refusal, and the number of shards that existed.

    Returns:
        the counts of the whole prediction; None in all processes but the first.

    Raises:
        UsageError: see `hilum.predict`; or `out` exists or is an input, or shards of another
            prediction exist, or there is no slice.
        RunError: the run is incomplete, or the processes don't see the same files.
        StorageError: the disk refused.
    """
    rank, _ = rank_and_count()
    folder, inputs = ShardFolder(Path(out)), as_paths(paths)
    options = options or PredictOptions()
    if rank != 0:
        _predict_as_helper(folder, run, inputs, form, options, rank)
        return None
    refuse_missing(inputs)
    check_output(folder.out, inputs)
    refuse_existing(folder.out, force=force)
    with exclusive_output(folder.out, "hilum predict"):
        source = open_source(run)
        _refuse_own_file(source, folder.out)
        earlier = folder.manifest()
        engine = (options.engine == "auto" and earlier.get("engine")) or options.engine
        predictor = make_predictor(source, replace(options, engine=engine))
        rows, files = _row_format(source, inputs, form), InputFiles(inputs)
        manifest = _manifest(source, predictor, inputs, rows) | {"engine": predictor.loaded.name}
        if done := folder.begin(manifest, force=force):
            progress.say(f"Resuming: parts of {FILES_A_SHARD} files that are done already: {done}.")
        try:
            token = uuid.uuid4().hex
            folder.announce(LAUNCH, {"token": token})
            total = _predict_own(folder, predictor, files, rows, progress)
            _wait_for_others(folder, token, total, progress)
            summary = _assemble(folder, total, form, progress)
        except UsageError:
            folder.remove()  # nothing in it to resume from
            raise
        except BaseException:
            folder.remove_if_empty()
            raise
        folder.remove()
        summary.verdict, summary.remarks = verdict_of(source).line(), remarks_of(predictor)
        summary.linked_folders = files.linked_folders
        return summary


def _row_format(source: Source, inputs: list[Path], form: Form) -> RowFormat:
    """Return the format of rows, with the columns of slice tables if one is given."""
    of_table = any(path.suffix == ".csv" and path.is_file() for path in inputs)
    return RowFormat(form, verdict_of(source).level, of_table)


def _refuse_nothing(summary: PredictionSummary, inputs: list[Path]) -> None:
    if not summary.called and not summary.refused:
        raise UsageError(f"there is no slice in {', '.join(map(str, inputs))}.")


def _refuse_own_file(source: Source, out: Path) -> None:
    """Refuse to write over a file of the run, or over the exported network."""
    own = [source.path] if isinstance(source, ExportedRun) else source.files()
    if out.resolve() in [path.resolve() for path in own]:
        raise UsageError(f"{out} is a file of the run; choose another name.")


def _manifest(
    source: Source, predictor: Predictor, inputs: list[Path], rows: RowFormat
) -> dict[str, Any]:
    """Return everything that the rows depend on except the engine and the files."""
    if isinstance(source, ExportedRun):
        weights = [hash_of(source.path)]
    else:
        weights = [hash_of(member.weights_file) for member in source.answering()]
    decision = predictor.decision
    return {
        "hilum": version(),
        "run": str(source.folder),
        "weights": weights,
        "class_names": decision.class_names,
        "threshold": decision.threshold,
        "temperature": decision.temperature,
        "verdict": rows.verdict,
        "window": str(predictor.window),
        "paths": [str(path) for path in inputs],
        "format": rows.form,
        "files_a_part": FILES_A_SHARD,
    }


def _predict_as_helper(
    folder: ShardFolder,
    run: Source | Path | str,
    inputs: list[Path],
    form: Form,
    options: PredictOptions,
    rank: int,
) -> None:
    """Predict this process's shards, once the first process has started the same prediction.

    Raises:
        RunError: it doesn't start.
    """
    until = time.monotonic() + WAIT_FOR_FIRST
    while not (begun := folder.manifest()):
        _wait_until(until)
    source = open_source(run)
    predictor = make_predictor(source, replace(options, engine=begun["engine"]))
    rows = _row_format(source, inputs, form)
    own = _manifest(source, predictor, inputs, rows)
    while {key: value for key, value in folder.manifest().items() if key != "engine"} != own:
        _wait_until(until)
    total = _predict_own(folder, predictor, InputFiles(inputs), rows, SILENT)
    _wait_for_end(folder, rank, total)


def _wait_until(until: float) -> None:
    if time.monotonic() > until:
        raise RunError("the first process (RANK 0) has not started the same prediction.")
    time.sleep(POLL_SECONDS)


def _predict_own(
    folder: ShardFolder,
    predictor: Predictor,
    files: InputFiles,
    rows: RowFormat,
    progress: Progress,
) -> int:
    """Write the shards of this process that are missing; return the number of all shards."""
    began = reported = time.monotonic()
    shard, total, slices = None, 0, 0
    for batch in predictor.stream(_own_shards(folder, files)):
        total = batch.shard.number + 1
        if not batch.shard.files:
            continue
        shard = shard or Shard(batch.shard.state)
        shard.add(batch, rows)
        slices += len(batch.outcomes)
        if batch.last:
            folder.write_shard(batch.shard.number, shard)
            shard = None
        if time.monotonic() - reported > REPORT_SECONDS:
            reported = time.monotonic()
            progress.say(f"{slices} slices predicted, {slices / (reported - began):.1f} a second.")
    return total


def _own_shards(folder: ShardFolder, files: InputFiles) -> Iterator[InputShard]:
    """Yield all shards, without files where this process need not predict them."""
    rank, count = rank_and_count()
    for shard in into_shards(files):
        own = shard.number % count == rank
        state = hash_of_files(shard.files) if own else ""
        missing = own and not folder.has(shard.number, state)
        yield replace(shard, files=shard.files if missing else [], state=state)


def _wait_for_end(folder: ShardFolder, rank: int, total: int) -> None:
    """Tell the first process that this one is done, until it has noticed.

    A launch has a token, so that the messages of an earlier launch are not mistaken for its own.
    """
    answered = ""
    while folder.folder.is_dir():
        token = folder.message(LAUNCH).get("token", "")
        if token and token != answered:
            folder.announce(DONE.format(rank=rank), {"token": token, "total": total})
            answered = token
        time.sleep(POLL_SECONDS)


def _wait_for_others(folder: ShardFolder, token: str, total: int, progress: Progress) -> None:
    """Wait until all other processes of this launch are done.

    Raises:
        RunError: one of them found another number of files.
    """
    _, count = rank_and_count()
    waiting, reported = set(range(1, count)), time.monotonic()
    while waiting:
        for rank in sorted(waiting):
            message = folder.message(DONE.format(rank=rank))
            if message.get("token") == token:
                waiting.remove(rank)
                if message["total"] != total:
                    raise RunError(
                        f"process {rank} found {message['total']} parts of {FILES_A_SHARD} files, "
                        f"and the first one {total}: all must see the same files."
                    )
        if waiting and time.monotonic() - reported > REPORT_SECONDS:
            reported = time.monotonic()
            progress.say(f"Waiting for process {', '.join(map(str, sorted(waiting)))}.")
        if waiting:
            time.sleep(POLL_SECONDS)


def _assemble(folder: ShardFolder, total: int, form: Form, progress: Progress) -> PredictionSummary:
    """Write the shards into one file, in order, and return their counts."""
    summary = PredictionSummary()
    with new_file(folder.out) as draft, draft.open("w", encoding="utf-8", newline="") as text:
        table = TableText(text, form)
        for number in range(total):
            shard = folder.read(number)
            if shard is None:
                raise RunError(
                    f"part {number} of {folder.folder} is missing; run the same command again."
                )
            table.add(shard.columns, shard.body)
            for reason in shard.refused:
                progress.say(f"refused: {reason}")
            summary.add(
                called=shard.called, refused=len(shard.refused), passed_over=shard.passed_over,
                noted=shard.noted, notes=shard.notes,
            )  # fmt: skip
        table.end()
        _refuse_nothing(summary, [Path(path) for path in folder.manifest()["paths"]])
    return summary
