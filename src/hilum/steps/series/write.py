"""Write the answers of series as CSV or JSON."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hilum.engines import ExportedRun
from hilum.errors import UsageError
from hilum.progress import SILENT, Progress
from hilum.readers.series import LeftOutFiles
from hilum.run import Run
from hilum.steps.predict.formats import Form
from hilum.steps.predict.inputs import check_output
from hilum.steps.predict.step import as_paths, open_source
from hilum.steps.series.answer import NOTICE, SeriesAnswer, SeriesOptions
from hilum.steps.series.step import predict_series
from hilum.storage.atomic import new_file, new_folder, refuse_existing, write_text
from hilum.storage.path_text import text_of_path
from hilum.table import escape_formula

if TYPE_CHECKING:
    from hilum.steps.series.deidentify import DeidentifiedCopies

__all__ = ["SeriesOutput", "SeriesSummary", "left_out_sentence", "write_series"]

MARK = "made-by-hilum.txt"
"""File that shows that a folder is one of hilum's own, which --force may replace."""
Writer = Callable[[SeriesAnswer, str], str]
"""Writes an answer under a name; returns why it did not, or an empty text."""
NAMES_SHOWN = 8
"""Files of one series that are left out and named in a sentence; the others are counted."""


@dataclass(frozen=True)
class SeriesOutput:
    """What is written of the answers.

    Attributes:
        out: file for the rows; None: they are returned alone.
        form: "csv", a row for each series; or "json", with the strip and what was left out.
        force: replace what stands there.
        dicom: folder for the DICOM objects of each series, in folders `series-1` and so on; None:
            none. Needs highdicom.
        deidentify: the DICOM objects are about de-identified copies of the slices, which are
            written next to them, with the list of what was done in `deidentified.json`.
        uid_root: root of their new UIDs; empty: UIDs of random UUIDs (2.25).
        pages: folder for a page of each series, `series-1.html` and so on; None: no pages.
    """

    out: Path | None = None
    form: Form = "csv"
    force: bool = False
    pages: Path | None = None
    dicom: Path | None = None
    uid_root: str = ""
    deidentify: bool = False


@dataclass
class SeriesSummary:
    """What came of a prediction of series.

    Attributes:
        answers: rows as in JSON, one for each series.
        left_out: files without an answer, as in JSON.
        broken: how many files could not be read or were refused for safety.
        text: all rows in the requested form.
        remarks: how the run decides, in sentences; the verdict on it first.
    """

    answers: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[dict[str, Any]] = field(default_factory=list)
    broken: int = 0
    text: str = ""
    remarks: list[str] = field(default_factory=list)


def write_series(
    run: Run | ExportedRun | Path | str,
    paths: Path | str | Iterable[Path | str],
    *,
    output: SeriesOutput,
    options: SeriesOptions | None = None,
    progress: Progress = SILENT,
) -> SeriesSummary:
    """Predict series and write the answers.

    Args:
        run: as in `predict_series`.
        paths: as in `predict_series`.
        output: what is written, and where.
        options: as in `predict_series`.
        progress: receives how far it is, and why files are left out.

    Raises:
        UsageError: see `predict_series`; or `out` exists or is an input.
        RunError: the run is incomplete.
        StorageError: the disk refused.
    """
    inputs, source = as_paths(paths), open_source(run)
    wants_maps = output.pages is not None or output.dicom is not None
    options = replace(options or SeriesOptions(), maps=wants_maps)
    if output.out is not None:
        check_output(output.out, inputs)
        refuse_existing(output.out, force=output.force)
    summary = SeriesSummary()
    with ExitStack() as stack:  # what can't be written is refused before anything is predicted
        draft = None if output.out is None else stack.enter_context(new_file(output.out))
        writers = _writers(stack, source, output, inputs, progress)
        for outcome in predict_series(source, inputs, options=options, progress=progress):
            if isinstance(outcome, LeftOutFiles):
                progress.say(left_out_sentence(outcome))
                summary.broken += len(outcome.paths) if outcome.broken else 0
                summary.left_out.append(_left_out_json(outcome))
                continue
            summary.answers.append(outcome.as_json())
            summary.remarks = [outcome.verdict, outcome.trust, *outcome.remarks]
            for write in writers:
                if remark := write(outcome, f"series-{len(summary.answers)}"):
                    progress.say(f"{outcome.path}: {remark}")
        summary.text = _text(summary, output.form)
        if draft is not None:
            draft.write_text(
                summary.text, encoding="utf-8", errors="backslashreplace", newline="\n"
            )
    return summary


def _writers(
    stack: ExitStack,
    source: Run | ExportedRun,
    output: SeriesOutput,
    inputs: list[Path],
    progress: Progress,
) -> list[Writer]:
    """Return what writes pages and DICOM objects; their folders are there when the stack is left.

    Raises:
        UsageError: a folder is in the way, or the root of UIDs is none.
    """
    if output.deidentify and output.dicom is None:
        raise UsageError("--deidentify is about the objects of --dicom DIR; give that, too.")
    writers: list[Writer] = []
    if output.pages is not None:
        from hilum.steps.series.page import write_page  # matplotlib loads in half a second

        pages = _folder(stack, output.pages, inputs, force=output.force)

        def page(answer: SeriesAnswer, name: str) -> str:
            write_page(answer, pages / f"{name}.html", run=source.folder.name)
            return ""

        writers.append(page)
    if output.dicom is not None:
        from hilum.dicom_out import check_uid_root  # highdicom is of the extra `dicom`
        from hilum.steps.series.dicom import NO_DICOM, result_context, write_dicom

        context = result_context(source, check_uid_root(output.uid_root))
        objects = _folder(stack, output.dicom, inputs, force=output.force)
        copies = _copies(stack, objects, progress) if output.deidentify else None

        def dicom(answer: SeriesAnswer, name: str) -> str:
            if answer.source is None:
                return NO_DICOM
            about = copies.copy(answer, objects / name / "slices") if copies else answer
            write_dicom(about, objects / name, context)
            return ""

        writers.append(dicom)
    return writers


def _copies(stack: ExitStack, folder: Path, progress: Progress) -> DeidentifiedCopies:
    """Return what copies slices; its list is written, and what may identify said, in the end."""
    from hilum.steps.series.deidentify import DeidentifiedCopies

    copies = DeidentifiedCopies(folder)

    def finish() -> None:
        for sentence in copies.finish():
            progress.say(f"may still identify: {sentence}")

    stack.callback(finish)
    return copies


def _folder(stack: ExitStack, path: Path, inputs: list[Path], *, force: bool) -> Path:
    """Return a draft of a folder to write, which takes its name when the stack is left well."""
    check_output(path, inputs)
    draft = stack.enter_context(new_folder(path, force=force, marks=(MARK,)))
    write_text(draft / MARK, NOTICE + "\n")
    return draft


def left_out_sentence(outcome: LeftOutFiles) -> str:
    """Return which files are left out, and why, for a user."""
    names = ", ".join(path.name for path in outcome.paths[1:NAMES_SHOWN])
    more = len(outcome.paths) - NAMES_SHOWN
    others = f" (and {names}{f' and {more} more' if more > 0 else ''})" if names else ""
    return (
        f"{'refused' if outcome.broken else 'left out'}: {outcome.path}{others}: {outcome.reason}"
    )


def _left_out_json(outcome: LeftOutFiles) -> dict[str, Any]:
    return {
        "paths": [text_of_path(path) for path in outcome.paths],
        "series_instance_uid": outcome.series,
        "reason": outcome.reason,
        "broken": outcome.broken,
    }


def _text(summary: SeriesSummary, form: Form) -> str:
    """Return all rows as CSV, or the whole as JSON."""
    if form == "json":
        content = {"series": summary.answers, "left_out": summary.left_out, "notice": NOTICE}
        return json.dumps(content, indent=1, ensure_ascii=False) + "\n"
    text = io.StringIO()
    rows = [_row(answer) for answer in summary.answers]
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        for row in rows:
            writer.writerow({key: escape_formula(cell) for key, cell in row.items()})
    return text.getvalue()


def _row(answer: dict[str, Any]) -> dict[str, str]:
    """Return an answer as a row of CSV; lists joined by `; `."""
    probability = next(key for key in answer["strip"][0] if key.startswith("probability_"))
    top = [f"{one['path']} {one[probability]:.4f}" for one in answer["top"]]
    cells = {
        **{key: answer[key] for key in ("path", "first_file", "series_instance_uid", "kernel")},
        **{key: answer[key] for key in ("slices", "lung_slices", "predicted")},
        **{f"probability_{name}": p for name, p in answer["probabilities"].items()},
        **{f"calibrated_{name}": p for name, p in (answer["calibrated"] or {}).items()},
        "threshold": "" if answer["threshold"] is None else answer["threshold"],
        "joined": answer["joined"],
        "top": "; ".join(top),
        "notes": " ".join(answer["notes"]),
        "verdict": answer["verdict"],
        "notice": NOTICE,
    }
    return {key: str(cell) for key, cell in cells.items()}
