"""Predictions as text: rows of CSV, or elements of a JSON array."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from typing import Literal, TextIO

from hilum.steps.predict.stream import Predicted
from hilum.storage.path_text import text_of_path

__all__ = ["NOTICE", "Form", "TableText", "body_of", "columns_of"]

NOTICE = "research use only"
Form = Literal["csv", "json"]


def columns_of(outcome: Predicted) -> list[str]:
    """Return the columns of a prediction's row."""
    return list(_row(outcome))


def body_of(outcomes: Iterable[Predicted], form: Form) -> str:
    """Return the rows of predictions, each ended by a newline, without what stands around them."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for outcome in outcomes:
        row = _row(outcome)
        if form == "csv":
            writer.writerow(row.values())
        else:
            text.write(json.dumps(row, ensure_ascii=False) + "\n")
    return text.getvalue()


class TableText:
    """Writes rows as they come, and what stands around them: a header, or an array's brackets."""

    def __init__(self, text: TextIO, form: Form) -> None:
        self.text, self.form, self.begun = text, form, False

    def add(self, columns: list[str], body: str) -> None:
        """Write rows that `body_of` made; an empty body writes nothing."""
        if not body:
            return
        if self.form == "csv":
            if not self.begun:
                csv.writer(self.text, lineterminator="\n").writerow(columns)
            self.text.write(body)
        else:
            rows = body.removesuffix("\n").split("\n")
            self.text.write((",\n" if self.begun else "[\n") + ",\n".join(rows))
        self.begun = True

    def end(self) -> None:
        """Write what stands after the rows."""
        if self.form == "json":
            self.text.write("\n]\n" if self.begun else "[]\n")


def _row(outcome: Predicted) -> dict[str, str | int | float]:
    """Return one prediction as columns; `threshold` is empty where none was given."""
    calibrated = outcome.calibrated or {}
    return {
        "path": text_of_path(outcome.path),
        "frame": outcome.frame,
        "predicted": outcome.predicted,
        **{f"probability_{name}": round(p, 6) for name, p in outcome.probabilities.items()},
        **{f"calibrated_{name}": round(p, 6) for name, p in calibrated.items()},
        "threshold": "" if outcome.threshold is None else outcome.threshold,
        "window": outcome.window,
        "notes": " ".join(outcome.notes),
        "notice": NOTICE,
    }
