"""Predictions as text: rows of CSV, or elements of a JSON array."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TextIO

from hilum.steps.predict.inputs import TABLE_COLUMNS
from hilum.steps.predict.outcome import Predicted
from hilum.storage.path_text import text_of_path
from hilum.table import escape_formula

__all__ = ["NOTICE", "Form", "RowFormat", "TableText"]

NOTICE = "research use only"
Form = Literal["csv", "json"]


@dataclass(frozen=True)
class RowFormat:
    """How predictions become rows.

    Attributes:
        form: "csv" or "json".
        verdict: level of the run's verdict, in every row.
        of_table: slices come from slice tables, whose columns are kept.
    """

    form: Form
    verdict: str
    of_table: bool = False

    def columns(self, outcome: Predicted) -> list[str]:
        """Return the columns of a prediction's row."""
        return list(self._row(outcome))

    def body(self, outcomes: Iterable[Predicted]) -> str:
        """Return the rows, each ended by a newline, without header or brackets."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        for outcome in outcomes:
            row = self._row(outcome)
            if self.form == "csv":
                writer.writerow(
                    escape_formula(cell) if isinstance(cell, str) else cell for cell in row.values()
                )
            else:
                text.write(json.dumps(row, ensure_ascii=False) + "\n")
        return text.getvalue()

    def _row(self, outcome: Predicted) -> dict[str, str | int | float]:
        """Return one prediction as columns; `threshold` is empty if none was given."""
        calibrated = outcome.calibrated or {}
        first = {name: outcome.row.get(name, "") for name in TABLE_COLUMNS if self.of_table}
        first["path"] = outcome.row.get("path") or text_of_path(outcome.path)
        return {
            **first,
            "frame": outcome.frame,
            "predicted": outcome.predicted,
            **{f"probability_{name}": round(p, 6) for name, p in outcome.probabilities.items()},
            **{f"calibrated_{name}": round(p, 6) for name, p in calibrated.items()},
            "threshold": "" if outcome.threshold is None else outcome.threshold,
            "window": outcome.window,
            "notes": " ".join(outcome.notes),
            "verdict": self.verdict,
            "notice": NOTICE,
        }


class TableText:
    """Writes rows as they come: after a CSV header, or within the brackets of a JSON array."""

    def __init__(self, text: TextIO, form: Form) -> None:
        self.text, self.form, self.begun = text, form, False

    def add(self, columns: list[str], body: str) -> None:
        """Write the rows of `RowFormat.body`; an empty body writes nothing."""
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
        """Write the end of the output."""
        if self.form == "json":
            self.text.write("\n]\n" if self.begun else "[]\n")
