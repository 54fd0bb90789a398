"""history.csv as numbers."""

from __future__ import annotations

import pandas as pd

from hilum.errors import RunError

__all__ = ["numeric_history"]

HISTORY_COLUMNS = (
    "epoch",
    "train_loss",
    "validation_loss",
    "validation_accuracy",
    "validation_auc",
    "best",
)


def numeric_history(history: pd.DataFrame) -> pd.DataFrame:
    """Return history.csv with numbers for text, NaN where a cell is empty.

    Raises:
        RunError: a column is missing or holds something else than numbers.
    """
    missing = [column for column in HISTORY_COLUMNS if column not in history.columns]
    if missing:
        raise RunError(
            f"history.csv lacks the column {missing[0]!r}; it is written by hilum train."
        )
    numbers = history.loc[:, list(HISTORY_COLUMNS)].replace("", "nan")
    try:
        return numbers.astype(float)
    except ValueError as error:
        raise RunError(
            f"history.csv must hold numbers ({error}); it is written by hilum train."
        ) from None
