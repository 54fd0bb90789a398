"""What a run knows of its results, in sentences: metrics, checks, other collections, limits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilum.run.trust import AGAINST, DOUBT
from hilum.scores.interval_text import interval_text
from hilum.steps.card.facts import CardFacts

__all__ = ["result_answers"]

NO_OTHER = "Never tested on slices of another collection."


def result_answers(facts: CardFacts) -> dict[str, str]:
    """Return key of the checklist -> what the run knows; empty where it knows nothing."""
    interval = facts.metrics["interval"]
    return {
        "metrics": "Accuracy, precision, recall, specificity, F1, AUC and further ones, per slice "
        "and per group; ROC and precision-recall curves, confusion, calibration.",
        "interval": f"{interval['level']:.0%} intervals: {interval['method']}, "
        f"{interval['resamples']:,} resamples.",
        "robustness": f"Audit: {_line(facts, 'audit')}",
        "maps": _maps(facts),
        "internal": _internal(facts),
        "external": " ".join(str(one["sentence"]) for one in facts.evaluations) or NO_OTHER,
        "performance": _performance(facts),
        "accuracy": _accuracy(facts),
        "failures": _failures(facts),
        "within": f"AUC within sources: {_line(facts, 'within source')}",
        "limits": _limits(facts),
    }


def _line(facts: CardFacts, check: str) -> str:
    return next(line.sentence for line in facts.trust.lines if line.check == check)


def _maps(facts: CardFacts) -> str:
    if facts.maps is None:
        return "No maps were made: `hilum explain RUN`."
    checks = f"{_line(facts, 'localisation')} {_line(facts, 'sanity')}"
    return f"{facts.maps.title} maps of the {facts.maps.split} slices. {checks}"


def _internal(facts: CardFacts) -> str:
    of = "out of fold" if facts.network.kind == "cross-validation" else "test"
    return (
        f"Development and evaluation: {facts.test['n']:,} {of} slices of {facts.test['groups']:,} "
        "groups that were not trained on."
    )


def _performance(facts: CardFacts) -> str:
    per_group = facts.metrics["splits"]["test"]["per_group"]["figures"]
    probe = (facts.metrics.get("border_probe") or {}).get("test") or {}
    border = f"; the border alone {interval_text(probe['auc'])}" if "auc" in probe else ""
    return (
        f"AUC of {facts.network.positive} {interval_text(facts.test['figures']['auc'])} per slice, "
        f"{interval_text(per_group['auc'])} per group{border}."
    )


def _accuracy(facts: CardFacts) -> str:
    points = (facts.metrics.get("thresholds") or {}).get("points") or {}
    shown = [
        f"Operating point {name}: {_pair(point['test']['per_slice'])}"
        for name, point in points.items()
        if point.get("threshold") is not None and "test" in point
    ]
    figures = facts.test["figures"]
    return (
        f"Most probable class: {_pair(figures)}. {' '.join(f'{text}.' for text in shown)}".strip()
    )


def _pair(figures: Mapping[str, Any]) -> str:
    return (
        f"sensitivity {interval_text(figures['recall'])}, specificity "
        f"{interval_text(figures['specificity'])}"
    )


def _failures(facts: CardFacts) -> str:
    counts = facts.test["confusion"]
    wrong = sum(sum(row) for row in counts) - sum(row[i] for i, row in enumerate(counts))
    shown = "; the report shows maps of wrong ones" if facts.maps and wrong else ""
    return f"{wrong:,} of {facts.test['n']:,} test slices are called wrongly{shown}."


def _limits(facts: CardFacts) -> str:
    against = [line.sentence for line in facts.trust.lines if line.outcome in (AGAINST, DOUBT)]
    found = " ".join(against) or "No check objects."
    return f"{facts.trust.verdict}: {facts.trust.reason}. {found}"
