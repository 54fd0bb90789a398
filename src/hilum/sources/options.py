"""Sources and the options of a build."""

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
    """How slices are chosen; each source uses the options that concern it.

    Attributes:
        raw: ct-pneumonia: the slices as published instead of the cleaned ones.
        normal: msd-lung: tumour-free slices too, as label `normal`.
        window: msd-lung, lung-pet-ct-dx: the window for rendering Hounsfield units; None draws
            the lung or the mediastinal window at random for each patient.
        slices_per_patient: msd-lung, lung-pet-ct-dx: maximum number of slices per label and
            patient.
        group_runs: folder: where no patient is known, this many consecutive file numbers of one
            class form a group; 0: see the source.
        seed: of the randomly drawn windows.
        labels: keep only these labels; empty keeps all.
        exclude: leave out slices with one of these reasons in their column `exclusion`; "paper"
            stands for all of EXCLUSIONS.
        phantom: settings of the phantoms.
        series_slices: phantom: draw whole CT studies as DICOM, of so many slices a series; 0:
            single slices as pictures.
    """

    raw: bool = False
    normal: bool = False
    window: Window | None = LUNG
    slices_per_patient: int = 10
    group_runs: int = 0
    seed: int = 0
    labels: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    phantom: PhantomSettings = field(default_factory=PhantomSettings)
    series_slices: int = 0

    def window_of(self, patient: str) -> Window:
        """Return the window for a patient's slices, independent of other patients."""
        if self.window is not None:
            return self.window
        drawn = hashlib.blake2b(f"{self.seed}/{patient}".encode(), digest_size=1).digest()[0]
        return LUNG if drawn % 2 else MEDIASTINAL


@dataclass(frozen=True)
class PictureFolder:
    """The folder of the table, where a source may write pictures, and whether to replace them."""

    folder: Path
    force: bool = False


@dataclass(frozen=True)
class Built:
    """The result of one source.

    Attributes:
        rows: text columns of a slice table; `path` and `mask` as resolved absolute paths.
        notes: sentences that a user should see.
    """

    rows: pd.DataFrame
    notes: tuple[str, ...] = ()


Build = Callable[[Path, PictureFolder, BuildOptions], Built]
"""Builds rows from the folder (or file) at a path."""

Listed = Callable[[Path], pd.DataFrame]
"""Returns the rows of everything that the collection at a path lists."""


@dataclass(frozen=True)
class Source:
    """A collection with a known layout.

    Attributes:
        name: its name in a build.
        title: a short description.
        citation: how to cite it; empty for the user's own data.
        terms: licence or terms of use, as stated by its owners.
        traps: known pitfalls.
        build: builds rows from the folder (or file) at a path.
        listed: returns rows of everything that the collection at a path lists, with or without
            files (`path` is empty); None where it has no such list.
    """

    name: str
    title: str
    citation: str
    terms: str
    traps: tuple[str, ...]
    build: Build
    listed: Listed | None = None


def known_source(name: str, build: Build, listed: Listed | None = None) -> Source:
    """Return the source `name` with its entry in collections.toml."""
    facts = known_collections()[name]
    return Source(name, facts.title, facts.citation, facts.terms, facts.traps, build, listed)
