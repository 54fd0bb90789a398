"""The audit in a run folder, where there is one of the slices that the run has now."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hilum.errors import RunError
from hilum.run.folder import Run
from hilum.run.slices_hash import slices_hash
from hilum.storage.json_file import read_json

__all__ = ["audit_file", "read_audit", "strongest_probe"]

NEEDED = ("found", "checks", "slices_sha256")
BORDER = "border"


def audit_file(run: Run) -> Path:
    """Return where `hilum audit --run` leaves what it found."""
    return run.audit / "audit.json"


def read_audit(run: Run) -> dict[str, Any] | None:
    """Return audit.json of a run; None where there is none, or it is of other slices.

    Raises:
        RunError: the file is broken.
    """
    path = audit_file(run)
    if not path.is_file():
        return None
    audit = read_json(path)
    missing = [key for key in NEEDED if key not in audit]
    if missing:
        raise RunError(f"{path} lacks {missing[0]!r}; write it again with hilum audit.")
    return audit if audit["slices_sha256"] == slices_hash(run.table_file) else None


def strongest_probe(
    metrics: Mapping[str, Any], audit: Mapping[str, Any] | None
) -> dict[str, Any] | None:
    """Return the strongest probe that a run's headline AUC stands beside, per slice.

    Args:
        metrics: metrics.json, which has the border probe.
        audit: audit.json of the run, which has further ones; None: there is none.

    Returns:
        `probe` (a key of `hilum.audit.probes.PROBES`), its `auc` and the run's `gain` over it, both
        with intervals; None where no probe was measured.
    """
    check = ((audit or {}).get("checks") or {}).get("run") or {}
    if "gain" in check:
        probe = check["strongest"]
        return {"probe": probe, "auc": check["auc"][probe], "gain": check["gain"]}
    border = (metrics.get("border_probe") or {}).get("test") or {}
    if "auc" not in border or "network_minus_border" not in border:
        return None
    return {"probe": BORDER, "auc": border["auc"], "gain": border["network_minus_border"]}
