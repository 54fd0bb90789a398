"""Options of a build: windows drawn per patient, sources with their entries of the catalogue."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from hilum.catalogue.collections import known_collections
from hilum.readers.window import LUNG, MEDIASTINAL, Window
from hilum.sources.options import BuildOptions, Built, PictureFolder, known_source


def test_a_given_window_is_every_patients() -> None:
    assert BuildOptions().window_of("p1") == LUNG
    assert BuildOptions(window=Window(80, 40)).window_of("p1") == Window(80, 40)


def test_drawn_windows_depend_on_patient_and_seed_alone_and_are_even() -> None:
    mixed = BuildOptions(window=None)
    windows = {f"p{n}": mixed.window_of(f"p{n}") for n in range(400)}
    assert set(windows.values()) == {LUNG, MEDIASTINAL}
    assert 160 < sum(window == LUNG for window in windows.values()) < 240
    assert {p: BuildOptions(window=None).window_of(p) for p in windows} == windows
    other = BuildOptions(window=None, seed=1)
    changed = sum(other.window_of(p) != window for p, window in windows.items())
    assert 160 < changed < 240


def test_a_source_has_what_the_catalogue_knows_of_it() -> None:
    def build(path: Path, pictures: PictureFolder, options: BuildOptions) -> Built:
        return Built(pd.DataFrame())

    source, known = known_source("msd-lung", build), known_collections()["msd-lung"]
    assert (source.name, source.build, source.listed) == ("msd-lung", build, None)
    assert (source.title, source.citation, source.terms, source.traps) == (
        known.title, known.citation, known.terms, known.traps,
    )  # fmt: skip
