"""The runs that answer here: opened once, described, and called by their names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from hilum.engines import ExportedRun
from hilum.errors import HilumError, UsageError
from hilum.run import Run
from hilum.run.network import network_facts
from hilum.run.trust import judge_trust
from hilum.server.answers import ModelAnswer, VerdictAnswer
from hilum.steps.info import describe_run
from hilum.steps.predict.decision import operating_points
from hilum.steps.predict.step import open_source
from hilum.steps.predict.verdict import verdict_of

__all__ = ["ServedRun", "named_sources", "report_of", "summary_of"]

_NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")


class ServedRun(NamedTuple):
    """A run with its name in this server."""

    name: str
    run: Run | ExportedRun


def named_sources(runs: Sequence[Path]) -> list[ServedRun]:
    """Open runs and give each a name: that of its folder, with a number where two are alike.

    Raises:
        UsageError: there is none, or one has no network that answers.
        RunError: one is not finished or not whole.
    """
    if not runs:
        raise UsageError("name at least one run to serve.")
    sources: list[ServedRun] = []
    for path in runs:
        run = open_source(path)
        network_facts(run)
        if isinstance(run, Run):
            run.answering()
        sources.append(ServedRun(_free_name(path, [source.name for source in sources]), run))
    return sources


def _free_name(path: Path, taken: Sequence[str]) -> str:
    stem = path.resolve().name.removesuffix(".onnx")
    base = _NO_NAME.sub("-", stem).strip(".-") or "run"
    names = (base, *(f"{base}-{number}" for number in range(2, len(taken) + 2)))
    return next(name for name in names if name not in taken)


def report_of(source: ServedRun) -> Path | None:
    """Return the run's report, if it has one."""
    run = source.run
    return run.report_file if isinstance(run, Run) and run.report_file.is_file() else None


def summary_of(
    source: ServedRun, *, engine: str, maps: Sequence[str], layers: Sequence[str]
) -> ModelAnswer:
    """Return what /models says of a run.

    Args:
        source: the run.
        engine: that computes it here.
        maps: methods of maps that can be had here.
        layers: that maps can be made of.
    """
    description, facts = source.run.description, network_facts(source.run)
    return ModelAnswer(
        id=source.name,
        title=description.title,
        kind=description.kind,
        class_names=facts.class_names,
        positive=facts.positive,
        thresholds=operating_points(source.run),
        windows=list(description.windows),
        verdict=VerdictAnswer(**verdict_of(source.run)._asdict()),
        trust=_trust(source.run),
        card=_card(source.run),
        engine=engine,
        maps=list(maps),
        layers=list(layers),
        report=report_of(source) is not None,
    )


def _trust(run: Run | ExportedRun) -> list[str]:
    """Return how far a run can be trusted: the verdict, then a line for each check."""
    if isinstance(run, ExportedRun):
        return []
    try:
        trust = judge_trust(run)
    except HilumError:
        return []
    return [trust.line(), *(f"{line.title}: {line.sentence}" for line in trust.lines)]


def _card(run: Run | ExportedRun) -> dict[str, str | list[str]]:
    """Return what a run is, as `hilum info` says it; empty where its files don't say."""
    if isinstance(run, ExportedRun):
        return {}
    try:
        content = describe_run(run)
    except HilumError:
        return {}
    return {
        str(key): [str(line) for line in text] if isinstance(text, list) else str(text)
        for key, text in content.items()
    }
