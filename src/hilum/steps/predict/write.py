"""Predict into a file: in one process or shared by several, and going on where it was stopped."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hilum.engines import ExportedRun, hash_of
from hilum.errors import RunError, UsageError
from hilum.processes import rank_and_count
from hilum.progress import SILENT, Progress
from hilum.readers import Window
from hilum.run import Run
from hilum.run.environment import version
from hilum.steps.predict.formats import Form, TableText
from hilum.steps.predict.inputs import FILES_A_PART, Found, Listed, in_parts, refuse_missing
from hilum.steps.predict.shards import Draft, Parts, hash_of_files
from hilum.steps.predict.step import as_paths, ask, open_source, remarks_of
from hilum.steps.predict.stream import Question
from hilum.storage.atomic import new_file, refuse_existing

__all__ = ["How", "Written", "write_predictions"]

LAUNCH, DONE = "launch.json", "done-{rank}.json"
"""In the parts' folder: the first process's sign of life, and each other one's when it is done."""
LOOK_AGAIN = 0.2
"""Seconds between two looks at what another process writes."""
WAIT_FOR_FIRST = 600.0
"""Seconds in which the first process must have begun: loading torch from a slow disk takes one."""
SAY_AGAIN = 60.0
"""Seconds between two sentences about a long wait or a long prediction."""


@dataclass(frozen=True)
class How:
    """How slices are predicted; see `hilum.predict`."""

    window: Window | None = None
    threshold: float | str | None = None
    engine: str = "auto"


@dataclass
class Written:
    """What was predicted.

    Attributes:
        called: class name -> slices.
        refused: files that are no slices.
        passed_over: files in folders that don't look like slices, by suffix.
        remarks: how the run decides, in sentences.
    """

    called: dict[str, int] = field(default_factory=dict)
    refused: int = 0
    passed_over: dict[str, int] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)


def write_predictions(
    run: Run | ExportedRun | Path | str,
    paths: Path | str | Iterable[Path | str],
    *,
    out: Path | str,
    form: Form = "csv",
    how: How | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> Written | None:
    """Write what the network of a run says of each slice into one file.

    The files are predicted in parts of `FILES_A_PART`, which lie in `OUT.parts` until the file is
    written; the same call goes on with those that are there. Several processes (RANK and
    WORLD_SIZE, as launchers set them), on one machine or on several that share the folder of
    `out`, take every so-manyth part each, and the first one writes the file.

    Args:
        run: a finished run or its folder, or a file of `hilum export`.
        paths: slices, slice tables (.csv), and folders, which are searched below; or just one.
        out: the file to write.
        form: "csv", or "json", an array of objects.
        how: window, threshold and engine.
        force: replace what stands at `out`, and parts of another prediction.
        progress: told of each file that is refused, and that it goes on.

    Returns:
        what was predicted; None in all processes but the first.

    Raises:
        UsageError: see `hilum.predict`; or `out` exists, or parts of another prediction do, or
            there is no slice.
        RunError: the run is not whole, or the processes don't see the same files.
        StorageError: the disk refused.
    """
    rank, _ = rank_and_count()
    parts, wanted, how = Parts(Path(out)), as_paths(paths), how or How()
    if rank != 0:
        question = _join(parts, run, wanted, form, how)
        total = _predict_own(parts, question, wanted, form, SILENT)
        _wait_for_end(parts, rank, total)
        return None
    refuse_existing(parts.out, force=force)
    refuse_missing(wanted)
    source = open_source(run)
    there = parts.manifest()
    known = (how.engine == "auto" and there.get("engine")) or how.engine
    question = ask(source, window=how.window, threshold=how.threshold, engine=known)
    manifest = {**_manifest(source, question, wanted, form), "engine": question.opened.name}
    if done := parts.begin(manifest, force=force):
        progress.say(f"Going on; parts of {FILES_A_PART} files that are there already: {done}.")
    try:
        token = uuid.uuid4().hex
        parts.announce(LAUNCH, {"token": token})
        total = _predict_own(parts, question, wanted, form, progress)
        _wait_for_others(parts, token, total, progress)
        written = _assemble(parts, total, form, progress)
    except UsageError:
        parts.remove()  # nothing in it is worth going on with
        raise
    except BaseException:
        parts.remove_if_empty()
        raise
    parts.remove()
    written.remarks = remarks_of(question)
    return written


def _manifest(
    source: Run | ExportedRun, question: Question, paths: list[Path], form: Form
) -> dict[str, Any]:
    """Return all that the rows depend on, but the engine and the files themselves."""
    if isinstance(source, ExportedRun):
        weights = [hash_of(source.path)]
    else:
        weights = [hash_of(one.weights_file) for one in source.answering()]
    decision = question.decision
    return {
        "hilum": version(),
        "run": str(source.folder),
        "weights": weights,
        "class_names": decision.class_names,
        "threshold": decision.threshold,
        "temperature": decision.temperature,
        "window": str(question.window),
        "paths": [str(path) for path in paths],
        "format": form,
        "files_a_part": FILES_A_PART,
    }


def _join(
    parts: Parts, run: Run | ExportedRun | Path | str, paths: list[Path], form: Form, how: How
) -> Question:
    """Wait until the first process has begun the same prediction; ask with its engine.

    Raises:
        RunError: it doesn't begin.
    """
    until = time.monotonic() + WAIT_FOR_FIRST
    while not (there := parts.manifest()):
        _look_again(until)
    source = open_source(run)
    question = ask(source, window=how.window, threshold=how.threshold, engine=there["engine"])
    own = _manifest(source, question, paths, form)
    while {key: value for key, value in parts.manifest().items() if key != "engine"} != own:
        _look_again(until)
    return question


def _look_again(until: float) -> None:
    if time.monotonic() > until:
        raise RunError("the first process (RANK 0) has not begun the same prediction.")
    time.sleep(LOOK_AGAIN)


def _predict_own(
    parts: Parts, question: Question, paths: list[Path], form: Form, progress: Progress
) -> int:
    """Write the parts of this process that are not there yet; return the number of all parts."""
    hashes: dict[int, str] = {}
    counted = [0]
    began = said = time.monotonic()
    draft, slices = None, 0
    for answered in question.answer(_open_parts(parts, paths, hashes, counted)):
        draft = draft or Draft(hashes.pop(answered.part))
        draft.add(answered, form)
        slices += len(answered.outcomes)
        if answered.last:
            parts.write_part(answered.part, draft)
            draft = None
        if time.monotonic() - said > SAY_AGAIN:
            said = time.monotonic()
            progress.say(f"{slices} slices predicted, {slices / (said - began):.1f} a second.")
    return counted[0]


def _open_parts(
    parts: Parts, paths: list[Path], hashes: dict[int, str], counted: list[int]
) -> Iterator[tuple[int, list[Listed]]]:
    """Yield the parts that this process has to predict; keep their hashes, and count all."""
    rank, count = rank_and_count()
    for number, files in in_parts(Found().listed(paths)):
        counted[0] = number + 1
        if number % count != rank:
            continue
        state = hash_of_files(files)
        if not parts.has(number, state):
            hashes[number] = state
            yield number, files


def _wait_for_end(parts: Parts, rank: int, total: int) -> None:
    """Say to the first process that this one is done, until that one is done too.

    A launch has a token, so that what an earlier one left behind is not taken for its own.
    """
    said = ""
    while parts.folder.is_dir():
        token = parts.heard(LAUNCH).get("token", "")
        if token and token != said:
            parts.announce(DONE.format(rank=rank), {"token": token, "total": total})
            said = token
        time.sleep(LOOK_AGAIN)


def _wait_for_others(parts: Parts, token: str, total: int, progress: Progress) -> None:
    """Wait until all other processes of this launch are done.

    Raises:
        RunError: one of them found another number of files.
    """
    _, count = rank_and_count()
    waiting, said = set(range(1, count)), time.monotonic()
    while waiting:
        for rank in sorted(waiting):
            told = parts.heard(DONE.format(rank=rank))
            if told.get("token") == token:
                waiting.remove(rank)
                if told["total"] != total:
                    raise RunError(
                        f"process {rank} found {told['total']} parts of {FILES_A_PART} files, and "
                        f"the first one {total}: all must see the same files."
                    )
        if waiting and time.monotonic() - said > SAY_AGAIN:
            said = time.monotonic()
            progress.say(f"Waiting for process {', '.join(map(str, sorted(waiting)))}.")
        if waiting:
            time.sleep(LOOK_AGAIN)


def _assemble(parts: Parts, total: int, form: Form, progress: Progress) -> Written:
    """Write the parts into one file, in order, and return what they say together."""
    written, found = Written(), Found()
    with new_file(parts.out) as draft, draft.open("w", encoding="utf-8", newline="") as text:
        table = TableText(text, form)
        for number in range(total):
            part = parts.read(number)
            if part is None:
                raise RunError(f"part {number} of {parts.folder} is gone; call again.")
            table.add(part.columns, part.body)
            found.pass_over(part.passed_over)
            written.refused += len(part.refused)
            for reason in part.refused:
                progress.say(f"refused: {reason}")
            for name, slices in part.called.items():
                written.called[name] = written.called.get(name, 0) + slices
        table.end()
        if not written.called and not written.refused:
            raise UsageError(f"there is no slice in {', '.join(parts.manifest()['paths'])}.")
    written.passed_over = found.passed_over
    return written
