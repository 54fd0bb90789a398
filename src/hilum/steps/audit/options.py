"""How an audit asks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["AuditOptions"]


@dataclass(frozen=True)
class AuditOptions:
    """How an audit asks.

    Attributes:
        run: a finished run on the same slices: its splits are looked at, and its test AUC is set
            beside the probes.
        weights: folder of a frozen network's weights; "none": the fixed features; None: what
            HILUM_WEIGHTS names, else the fixed features.
        positive: the class that AUCs speak of; empty: the run's, else `cancer` where there is one,
            else the first that is not `normal`.
        patients: source -> number of patients that its collection says it has.
        ignored: columns that are not looked at as attributes.
    """

    run: Path | str | None = None
    weights: Path | str | None = None
    positive: str = ""
    patients: Mapping[str, int] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
