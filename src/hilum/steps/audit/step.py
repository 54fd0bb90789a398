"""Audit a slice table: check, ask, write audit.json and audit.html."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hilum.errors import TableError, UsageError
from hilum.progress import SILENT, Progress
from hilum.report.audit.page import write_audit
from hilum.run import Run, open_run, write_json
from hilum.run.environment import version
from hilum.steps.audit.checks import audit_content
from hilum.steps.audit.features import open_extractor
from hilum.steps.audit.of_run import AuditedRun, audited_run
from hilum.steps.audit.options import AuditOptions
from hilum.storage.atomic import new_folder, refuse_existing
from hilum.table import NORMAL, SliceTable, as_table

__all__ = ["AUDIT_MARKS", "AuditOptions", "audit_table"]

AUDIT_MARKS = ("audit.json", "audit.html")
"""Files by which a folder is known as an audit, which --force may replace."""
USUAL_POSITIVE = "cancer"


def audit_table(
    table: SliceTable | Path | str,
    *,
    out: Path | str | None = None,
    options: AuditOptions | None = None,
    force: bool = False,
    progress: Progress = SILENT,
) -> dict[str, Any]:
    """Look for what could be learnt from a slice table in place of disease.

    Writes audit.json, audit.html and figures/*.svg into a folder. Nothing is mended.

    Args:
        table: the slices.
        out: the folder to make; None: `audit` in the folder of the run that is audited, where the
            report and the model card look for it.
        options: how it asks; None takes the defaults.
        force: replace an audit that stands there.
        progress: receives the progress.

    Returns:
        the content of audit.json; `found` lists the checks that found something.

    Raises:
        UsageError: the folder exists, or there is neither `out` nor a run; no such run, source,
            column or class.
        TableError: the table has one label only.
        RunError: the run is not evaluated, or is not about these slices.
        ReadError: a slice can't be read; the message names table, row and file.
        WeightsError: the weights can't be used.
        StorageError: the disk refused.
    """
    options = options or AuditOptions()
    opened = open_run(options.run) if options.run is not None else None
    folder = _folder(out, opened)
    table = as_table(table)
    refuse_existing(folder, force=force, marks=AUDIT_MARKS)
    run = audited_run(opened, table) if opened is not None else None
    positive = _checked(table, options, run)
    extractor = open_extractor(options.weights)
    content = {
        "hilum": version(),
        "title": table.name,
        **audit_content(run.table if run else table, extractor, options, (positive, run), progress),
    }
    with new_folder(folder, force=force, marks=AUDIT_MARKS) as draft:
        write_json(content, draft / "audit.json")
        write_audit(content, draft)
    return content


def _folder(out: Path | str | None, run: Run | None) -> Path:
    """Return the folder to make."""
    if out is not None:
        return Path(out)
    if run is None:
        raise UsageError(
            "an audit needs a folder to write; give --out FOLDER, or --run RUN to write it to "
            "RUN/audit."
        )
    return run.audit


def _checked(table: SliceTable, options: AuditOptions, run: AuditedRun | None) -> str:
    """Return the positive class after refusing what can't be asked of this table."""
    labels = table.labels
    if len(labels) < 2:
        raise TableError(
            f"{table.name}: an audit needs slices of at least two labels; got {labels[0]!r} only. "
            f"Add slices of another label."
        )
    unknown = [name for name in options.ignored if name not in table.rows.columns]
    if unknown:
        raise UsageError(
            f"--ignore: {table.name} has no column {unknown[0]!r}; it has "
            f"{', '.join(table.rows.columns)}."
        )
    strange = [name for name in options.patients if name not in set(table.rows["source"])]
    if strange:
        raise UsageError(
            f"--patients: {table.name} has no source {strange[0]!r}; it has "
            f"{', '.join(sorted(table.rows['source'].unique()))}."
        )
    few = [name for name, count in options.patients.items() if count < 1]
    if few:
        raise UsageError(
            f"--patients: the number for {few[0]!r} must be at least 1; got "
            f"{options.patients[few[0]]}."
        )
    positive = options.positive or (run.positive if run else "") or _usual(labels)
    if positive not in labels:
        raise UsageError(
            f"--positive: must be one of the labels ({', '.join(labels)}); got {positive!r}."
        )
    return positive


def _usual(labels: list[str]) -> str:
    """Return the class that AUCs speak of where nobody says."""
    if USUAL_POSITIVE in labels:
        return USUAL_POSITIVE
    return next((label for label in labels if label != NORMAL), labels[0])
