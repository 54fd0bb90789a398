"""Phantom CT studies as DICOM, and a run of a network that needs no training, for several rooms."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hilum.run import Run
from hilum.sources.phantom.cohort import member
from hilum.sources.phantom.settings import PhantomSettings
from hilum.sources.phantom_dicom import write_studies

__all__ = ["SLICES", "Brightness", "make_described_run", "make_studies"]

SLICES = 12
"""Of a series: 27 mm apart."""


class Brightness:
    """A network of two classes that takes bright slices for cancer."""

    size = 32

    def logits(self, grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        mean = grey.mean(axis=(1, 2)) / 255
        return np.stack([8 * (mean - 0.5), np.zeros_like(mean)], axis=1).astype(np.float32)


def make_studies(folder: Path, *, numbers: tuple[int, ...] = (0,), size: int = 96) -> Path:
    """Write the studies of some phantom patients: 0 plain, 1 gaps, 2 tilted, 3 shuffled."""
    settings = PhantomSettings(patients=8, size=size)
    list(write_studies(folder, settings, [member(settings, n) for n in numbers], SLICES))
    return folder


def make_described_run(folder: Path, **more: object) -> Run:
    """Write network.json alone, of a run that calls cancer and pneumonia."""
    folder.mkdir()
    facts = {"class_names": ["cancer", "pneumonia"], "positive": "cancer", "input": {"size": 32}}
    (folder / "network.json").write_text(json.dumps(facts | more))
    return Run(folder)
