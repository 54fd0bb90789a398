"""The answer for one series, and why a series has none."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hilum.readers import Window
from hilum.readers.series import CtSeries
from hilum.readers.turn import Turn
from hilum.storage.path_text import text_of_path

__all__ = [
    "NOTICE",
    "SeriesAnswer",
    "SeriesOptions",
    "SeriesSlice",
    "TopSlice",
]

NOTICE = "research use only"


@dataclass(frozen=True)
class SeriesOptions:
    """How series are predicted.

    Attributes:
        window: shows Hounsfield units; None: the window that the network was trained on, if it was
            one, else the lung window.
        threshold: probability of the positive class from which on a series is called positive, or
            the name of one of the run's operating points for series; None: the most probable class
            is called.
        engine: computes the network, see `hilum.steps.predict.engine.ENGINES`.
        top: number of slices with the highest probability of the positive class to show.
        maps: compute the maps of those slices; needs torch, and a run folder.
    """

    window: Window | None = None
    threshold: float | str | None = None
    engine: str = "auto"
    top: int = 4
    maps: bool = False


@dataclass(frozen=True)
class SeriesSlice:
    """One slice of a series.

    Attributes:
        path, frame: the file, and the 0-based frame in it; of a NIfTI volume the slice's number
            from the feet.
        sop_instance_uid: DICOM's name of it; empty where it has none.
        position: along the series' normal, mm, increasing towards the head; None: unknown.
        lung_share: share of the slice that is lung, 0 to 1.
        probability: of the positive class; None: not predicted.
        reason: why it was not predicted; else empty.
    """

    path: Path
    frame: int
    sop_instance_uid: str
    position: float | None
    lung_share: float
    probability: float | None
    reason: str = ""


@dataclass(frozen=True)
class TopSlice:
    """A slice with a high probability, with its pixels.

    Attributes:
        index: in `SeriesAnswer.slices`.
        grey: (rows, columns) uint8 as the network saw it, before it was resized; upright.
        cam_map: (rows, columns) float32 of the same shape, 0 or more; None: there is none.
        turn: how the file's rows and columns became upright ones.
    """

    index: int
    grey: npt.NDArray[np.uint8]
    cam_map: npt.NDArray[np.float32] | None = None
    turn: Turn = field(default_factory=Turn)


@dataclass(frozen=True)
class SeriesAnswer:
    """One answer for a series.

    Attributes:
        path: its first file, or the NIfTI volume.
        origin: the path that the user gave.
        series_instance_uid: empty where it has none.
        kernel: the Convolution Kernel; empty if unknown.
        predicted: the class called.
        positive: the class that `probability` is of.
        probabilities: class name -> probability of the series, 0 to 1, sum 1.
        calibrated: class name -> probability scaled by the temperature that was fitted on
            validation series; None where the run has none.
        threshold: the probability from which on the positive class was called; None: the most
            probable class was.
        joined: how the slices were joined, in words.
        slices: from feet to head, the ones that were not predicted included.
        top: the slices with the highest probability of the positive class, the highest first.
        notes: what is unusual about the series, in sentences.
        remarks: how the run decides, in sentences.
        verdict: one line on what the run's metrics are worth.
        verdict_level: its level in a word or two.
        trust: one line on how far the run can be trusted; empty for exported networks.
        map_unit, map_title: of the maps' values, and their method; empty without maps.
        source: the series by its headers; None for NIfTI volumes.
    """

    path: Path
    origin: Path
    series_instance_uid: str
    kernel: str
    predicted: str
    positive: str
    probabilities: dict[str, float]
    calibrated: dict[str, float] | None
    threshold: float | None
    joined: str
    slices: tuple[SeriesSlice, ...]
    top: tuple[TopSlice, ...]
    notes: tuple[str, ...]
    remarks: tuple[str, ...]
    verdict: str
    verdict_level: str
    trust: str = ""
    map_unit: str = ""
    map_title: str = ""
    source: CtSeries | None = field(default=None, repr=False)

    @property
    def probability(self) -> float:
        """Probability of the positive class, the network's own."""
        return self.probabilities[self.positive]

    @property
    def predicted_slices(self) -> int:
        """Number of slices that the network was given: those with lung."""
        return sum(one.probability is not None for one in self.slices)

    def as_json(self) -> dict[str, Any]:
        """Return the answer as JSON holds it: no pixels."""
        return {
            "path": text_of_path(self.origin),
            "first_file": text_of_path(self.path),
            "series_instance_uid": self.series_instance_uid,
            "kernel": self.kernel,
            "predicted": self.predicted,
            "probabilities": {name: round(p, 6) for name, p in self.probabilities.items()},
            "calibrated": self.calibrated
            and {name: round(p, 6) for name, p in self.calibrated.items()},
            "threshold": self.threshold,
            "joined": self.joined,
            "slices": len(self.slices),
            "lung_slices": self.predicted_slices,
            "top": [self._slice_json(one.index) for one in self.top],
            "strip": [self._slice_json(index) for index in range(len(self.slices))],
            "notes": list(self.notes),
            "remarks": list(self.remarks),
            "verdict": self.verdict,
            "trust": self.trust,
            "notice": NOTICE,
        }

    def _slice_json(self, index: int) -> dict[str, Any]:
        one = self.slices[index]
        rounded = None if one.probability is None else round(one.probability, 6)
        return {
            "index": index,
            "path": text_of_path(one.path),
            "frame": one.frame,
            "sop_instance_uid": one.sop_instance_uid,
            "position_mm": None if one.position is None else round(one.position, 3),
            "lung_share": round(one.lung_share, 4),
            f"probability_{self.positive}": rounded,
            "reason": one.reason,
        }
