"""The verdict on a run in one line, for readers of its predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

__all__ = ["NO_OBJECTION", "UNKNOWN", "Verdict", "judge_run"]

NO_OBJECTION = "no objection"
"""Level of a run that no check of its evaluation objects to."""
UNKNOWN = "not evaluated"
"""Level of a run without metrics."""

_DESIGN = {
    "confounded": "class and source are one, so a call may mean the source, not disease",
    "partly": "not every source holds every class, so part of a call may be the source",
    "single": "trained on one source, so nothing is known about others",
}
_BORDER = {
    "explains": "the border of the slices alone ranks as well as the network",
    "unclear": "the border of the slices may tell the classes",
    "contributes": "the border of the slices tells part of the classes",
}


class Verdict(NamedTuple):
    """What a run's predictions are worth.

    Attributes:
        level: "random labels", "confounded", "leaky", "border", "partly", "single", NO_OBJECTION
            or UNKNOWN.
        sentence: every objection in one line, the worst first.
    """

    level: str
    sentence: str

    def line(self) -> str:
        """Return the verdict as a line for a terminal."""
        return f"Verdict on the run: {self.sentence}"


def judge_run(metrics: Mapping[str, Any]) -> Verdict:
    """Return the verdict on an evaluated run.

    Args:
        metrics: the content of metrics.json.
    """
    found = list(_objections(metrics))
    if not found:
        return Verdict(NO_OBJECTION, "No check of the evaluation objects to this run.")
    level = found[0][0]
    return Verdict(level, f"{level.capitalize()}: {'; '.join(t for _, t in found)}.")


def _objections(metrics: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield level and words of each objection, the worst first."""
    design, probe = metrics["design"]["level"], (metrics.get("border_probe") or {}).get("level")
    if "random_labels" in metrics:
        yield "random labels", "trained on random labels, as a self-test"
    if design == "confounded":
        yield design, _DESIGN[design]
    if metrics["split"]["leak"]["groups"]:
        yield "leaky", "groups of the test slices were trained on"
    if probe in ("explains", "unclear"):
        yield "border", _BORDER[probe]
    if design in ("partly", "single"):
        yield design, _DESIGN[design]
    if probe == "contributes":
        yield "border", _BORDER[probe]
