"""Exclusions of the paper's pneumonia slices: found by marks and words, dropped on request."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import pandas as pd

from hilum.errors import UsageError

__all__ = ["EXCLUSIONS", "PAPER", "exclusions_of", "leave_out"]

EXCLUSIONS = {
    "covid-19": re.compile(
        r"covid|sars[\s-]*cov[\s-]*2|2019[\s-]*n?cov|coronavirus disease 2019", re.I
    ),
    "cop": re.compile(r"(?i:cryptogenic\s+organi[sz]ing)|\bCOP\b"),
    "boop": re.compile(r"\bBOOP\b|bronchiolitis\s+obliterans\s+(with\s+)?organi[sz]ing", re.I),
    "lung cancer": re.compile(
        r"(lung|pulmonary|bronch\w+)\s+(\w+[\s-]+){0,2}?(cancer|carcinoma|adenocarcinoma|malignanc)"
        r"|(cancer|carcinoma)\s+of\s+the\s+lungs?|\b(NSCLC|SCLC)\b",
        re.I,
    ),
}
"""Reason -> pattern of its words. Organising pneumonia that is not cryptogenic stays, since it can
follow an infection."""

PAPER = "paper"
"""Stands for all reasons of the paper."""

NOT_MEANT = re.compile(
    r"\b(not|mimic\w*|misdiagnos\w*|resembl\w*|unlike|than|versus|vs|exclud\w*|rul\w+ out|negative|"
    r"suspect\w*|simulat\w*|similar)\b[^.;]{0,60}$",
    re.I,
)
"""Words before a disease that the patient does not have: "pneumonia that may mimic lung cancer"."""


def exclusions_of(text: str) -> list[str]:
    """Return the reasons that a caption gives for leaving a slice out, in the order of EXCLUSIONS.

    A disease that is only mentioned for comparison (`than`, `mimics`, `misdiagnosed as`) doesn't
    count. Words are no diagnosis: hits need a look, and there may be misses.
    """
    return [
        reason
        for reason, pattern in EXCLUSIONS.items()
        if any(not NOT_MEANT.search(text[: match.start()]) for match in pattern.finditer(text))
    ]


def leave_out(rows: pd.DataFrame, reasons: Sequence[str]) -> tuple[pd.DataFrame, list[str]]:
    """Return the rows without any of `reasons`, and notes on the others.

    Args:
        rows: rows of a slice table, text; the column `exclusion` may be missing, and holds reasons
            joined by `; `.
        reasons: of EXCLUSIONS, or PAPER.

    Raises:
        UsageError: an unknown reason, or no row is left.
    """
    unknown = [reason for reason in reasons if reason not in (*EXCLUSIONS, PAPER)]
    if unknown:
        raise UsageError(
            f"no slice is left out for {unknown[0]!r}; the reasons are {', '.join(EXCLUSIONS)}, "
            f"and {PAPER!r} for all of them."
        )
    if "exclusion" not in rows.columns:
        return rows, []
    chosen = set(EXCLUSIONS) if PAPER in reasons else set(reasons)
    given = [set(cell.split("; ")) - {""} for cell in rows["exclusion"]]
    dropped = [found for found in given if found & chosen]
    marked = [found for found in given if found and not found & chosen]
    notes = []
    if dropped:
        if len(dropped) == len(rows):
            raise UsageError(
                f"every slice is left out ({_counted(dropped, chosen)}); none remains."
            )
        notes.append(f"{_slices(len(dropped))} left out ({_counted(dropped, chosen)}).")
    if marked:
        are = "is" if len(marked) == 1 else "are"
        notes.append(
            f"the paper would leave out {_slices(len(marked))} that {are} in this table "
            f"({_counted(marked)}); the column `exclusion` names the reasons, --exclude paper "
            f"drops {'it' if len(marked) == 1 else 'them'}."
        )
    remaining = [not found & chosen for found in given]
    return rows[remaining].reset_index(drop=True), notes


def _counted(given: Iterable[set[str]], among: set[str] | None = None) -> str:
    """Return how many slices each reason concerns, one with two reasons counted for both."""
    counts = Counter(reason for found in given for reason in (found & among if among else found))
    return ", ".join(f"{count} {reason}" for reason, count in sorted(counts.items()))


def _slices(count: int) -> str:
    return f"{count} slice{'' if count == 1 else 's'}"
