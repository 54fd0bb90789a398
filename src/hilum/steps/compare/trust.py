"""How far each compared run can be trusted, and the strongest probe that its AUC stands beside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hilum.run import Run
from hilum.run.audit import read_audit, strongest_probe
from hilum.run.trust import judge_trust

__all__ = ["trust_content"]


def trust_content(run: Run, metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return `trust` (verdict and reason) and `strongest_probe` of a run, for comparison.json.

    Args:
        run: an evaluated run.
        metrics: its metrics.json.

    Raises:
        RunError: a file of the run is broken.
    """
    trust = judge_trust(run)
    return {
        "trust": {"verdict": trust.verdict, "reason": trust.reason},
        "strongest_probe": strongest_probe(metrics, read_audit(run)),
    }
