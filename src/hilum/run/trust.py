"""How far a run can be trusted: what was checked, what was found, and a plain verdict."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hilum.errors import RunError
from hilum.run.audit import audit_file, read_audit
from hilum.run.folder import Run
from hilum.run.trust_lines import (
    AGAINST,
    DOUBT,
    ELSEWHERE,
    FOR,
    OPEN,
    OUTCOMES,
    TrustLine,
    audit_line,
    covering_line,
    elsewhere_lines,
    evaluation_lines,
    localisation_line,
    sanity_line,
)
from hilum.storage.json_file import read_json

__all__ = ["AGAINST", "DOUBT", "FOR", "OPEN", "OUTCOMES", "Trust", "TrustLine", "judge_trust"]

UNKNOWN = "Unknown"
NO_EVIDENCE = "Not as evidence of disease"
DOUBTFUL = "Only with reservations"
OWN_SOURCES = "On slices of its own sources only"
HOLDS = "As far as it was checked"
VERDICTS = (UNKNOWN, NO_EVIDENCE, DOUBTFUL, OWN_SOURCES, HOLDS)
"""From the least trust to the most."""

NOTHING_AGAINST = "no check objects, and it holds on slices of another collection"
NEVER_ELSEWHERE = "no check objects, but it was never tested on slices of another collection"
NOT_EVALUATED = "it was not evaluated; run `hilum evaluate {folder}`"


@dataclass(frozen=True)
class Trust:
    """The answer to "how far can this be trusted?".

    Attributes:
        verdict: one of `VERDICTS`.
        reason: what decided it, in words without a full stop.
        lines: one a check, those that speak against the run first.
    """

    verdict: str
    reason: str
    lines: tuple[TrustLine, ...] = ()

    def line(self) -> str:
        """Return verdict and reason as one line, for a terminal or the foot of a page."""
        return f"How far can this be trusted? {self.verdict}: {self.reason}."

    def as_json(self) -> dict[str, Any]:
        """Return verdict, reason and lines as model-card.json holds them."""
        return {
            "verdict": self.verdict,
            "reason": self.reason,
            "lines": [line._asdict() for line in self.lines],
        }


def judge_trust(run: Run) -> Trust:
    """Return how far a run can be trusted, from the files of its folder.

    Nothing is computed: metrics.json, evaluations elsewhere, the folders `audit` and `sanity` and
    localisation.json are read where they are there. What was not checked is a line, too.

    Args:
        run: a finished run.

    Returns:
        `Unknown` without metrics.json; `Not as evidence of disease` where a check speaks against
        the run; `Only with reservations` where one leaves a doubt; `On slices of its own sources
        only` where no evaluation elsewhere holds up; else `As far as it was checked`.

    Raises:
        RunError: a file is broken or not of this version; the message names it.
    """
    if not run.metrics_file.is_file():
        return Trust(UNKNOWN, NOT_EVALUATED.format(folder=run.folder))
    try:
        found = _lines(run)
    except (KeyError, TypeError, IndexError, ValueError) as error:
        raise RunError(
            f"{run.folder} holds results that this version does not understand ({error!r}); run "
            f"`hilum evaluate {run.folder}` again."
        ) from None
    lines = tuple(sorted(found, key=lambda line: OUTCOMES.index(line.outcome)))
    return Trust(*_judge(lines), lines)


def _judge(lines: Sequence[TrustLine]) -> tuple[str, str]:
    """Return the verdict and what decided it."""
    for outcome, verdict in ((AGAINST, NO_EVIDENCE), (DOUBT, DOUBTFUL)):
        deciding = [line.short for line in lines if line.outcome == outcome]
        if deciding:
            return verdict, "; ".join(deciding)
    tested = any(line.check == ELSEWHERE and line.outcome == FOR for line in lines)
    return (HOLDS, NOTHING_AGAINST) if tested else (OWN_SOURCES, NEVER_ELSEWHERE)


def _lines(run: Run) -> list[TrustLine]:
    """Return a line for each check, done or not, in the order of a page."""
    elsewhere = sorted(run.elsewhere.glob("*/metrics.json")) if run.elsewhere.is_dir() else []
    localisation = _read(run.localisation_file)
    return [
        *evaluation_lines(run.metrics()),
        *elsewhere_lines([read_json(path) for path in elsewhere]),
        audit_line(read_audit(run), stale=audit_file(run).is_file()),
        localisation_line(localisation),
        covering_line(localisation),
        sanity_line(_read(run.sanity / "sanity.json")),
    ]


def _read(path: Path) -> dict[str, Any] | None:
    """Return the object in a JSON file of the run, None where there is no such file."""
    return read_json(path) if path.is_file() else None
