"""The outcome of one slice: predicted, or refused with the reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Predicted", "Refused"]


@dataclass(frozen=True)
class Predicted:
    """The prediction of one slice.

    Attributes:
        path: the file.
        frame: 0-based; 0 for all but multi-frame files.
        predicted: the class with the highest probability, or the one decided by `threshold`.
        probabilities: class name -> probability, 0 to 1, sum 1; the network's own.
        window: `width/center` in HU that the slice was shown through; empty where the file
            carries no Hounsfield units.
        notes: what is unusual about the file.
        calibrated: class name -> probability scaled by the run's temperature; None where it has
            none.
        threshold: lowest probability at which the positive class is predicted; None: the highest
            probability decided.
        series: DICOM Series Instance UID; empty where the file has none.
        position: along the body's axis in millimetres, towards the head; None where unknown.
        row: `slice_id`, `path`, `label`, `group` and `source` of its row in a slice table.
    """

    path: Path
    frame: int
    predicted: str
    probabilities: dict[str, float]
    window: str
    notes: tuple[str, ...]
    calibrated: dict[str, float] | None = None
    threshold: float | None = None
    series: str = ""
    position: float | None = None
    row: Mapping[str, str] = field(default_factory=dict)

    @property
    def slice_id(self) -> str:
        """The slice_id of its row in a slice table; empty if no table lists the file."""
        return self.row.get("slice_id", "")


@dataclass(frozen=True)
class Refused:
    """A file that is no slice or can't be read, and the reason."""

    path: Path
    reason: str
