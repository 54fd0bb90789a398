"""What a source is, and what it is told when its rows are built."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from hilum.catalogue.collections import known_collections
from hilum.readers.window import LUNG, MEDIASTINAL, Window
from hilum.sources.phantom.settings import PhantomSettings

__all__ = ["BuildOptions", "Built", "PictureFolder", "Source", "known_source"]


@dataclass(frozen=True)
class BuildOptions:
    """How slices are chosen; each source uses what concerns it.

    Attributes:
        raw: ct-pneumonia: the slices as published instead of the cleaned ones.
        normal: msd-lung: tumour-free slices too, as label `normal`.
        window: msd-lung, lung-pet-ct-dx: the window that Hounsfield units are rendered with;
            None draws the lung or the mediastinal window for each patient.
        slices_per_patient: msd-lung, lung-pet-ct-dx: at most so many slices of a label from one
            patient.
        seed: of the windows that are drawn.
        labels: keep only these labels; empty keeps all.
        exclude: leave out slices with one of these reasons in their column `exclusion`; "paper"
            stands for all of EXCLUSIONS.
        phantom: what to draw.
    """

    raw: bool = False
    normal: bool = False
    window: Window | None = LUNG
    slices_per_patient: int = 10
    seed: int = 0
    labels: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    phantom: PhantomSettings = field(default_factory=PhantomSettings)

    def window_of(self, patient: str) -> Window:
        """Return the window for a patient's slices; a drawn one depends on no other patient."""
        if self.window is not None:
            return self.window
        drawn = hashlib.blake2b(f"{self.seed}/{patient}".encode(), digest_size=1).digest()[0]
        return LUNG if drawn % 2 else MEDIASTINAL


@dataclass(frozen=True)
class PictureFolder:
    """Where a source's pictures may be written: the folder of the table, and whether to replace."""

    folder: Path
    force: bool = False


@dataclass(frozen=True)
class Built:
    """What one source gives.

    Attributes:
        rows: text columns of a slice table; `path` and `mask` as resolved absolute paths.
        notes: sentences that a user should see.
    """

    rows: pd.DataFrame
    notes: tuple[str, ...] = ()


Build = Callable[[Path, PictureFolder, BuildOptions], Built]
"""Makes rows of the folder (or file) at a path."""

Listed = Callable[[Path], pd.DataFrame]
"""Gives the rows of all that the collection at a path lists."""


@dataclass(frozen=True)
class Source:
    """One collection that hilum knows the layout of.

    Attributes:
        name: what a build calls it.
        title: what it is, in a few words.
        citation: how to cite it; empty where it is the user's own.
        terms: licence or terms of use, as stated by its owners.
        traps: what has misled people who used it.
        build: makes rows of the folder (or file) at a path.
        listed: the rows of all that the collection at a path lists, with or without files
            (`path` is empty); None where it has no list of its own.
    """

    name: str
    title: str
    citation: str
    terms: str
    traps: tuple[str, ...]
    build: Build
    listed: Listed | None = None


def known_source(name: str, build: Build, listed: Listed | None = None) -> Source:
    """Return the source `name`, its facts taken from collections.toml."""
    facts = known_collections()[name]
    return Source(name, facts.title, facts.citation, facts.terms, facts.traps, build, listed)
