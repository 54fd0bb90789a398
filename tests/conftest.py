"""Fixtures for every room."""

# ruff: noqa: E402  (the number of threads is read while numpy and torch are imported)
from __future__ import annotations

import gc
import os

for _name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")
"""One thread per process, child processes included: on arrays as small as these, several threads
mostly wait for each other (one simulation: 138 s instead of 14), and every core has its worker."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings

from hilum.table import SliceTable, check_rows

settings.register_profile("hilum", derandomize=True, deadline=None)
settings.load_profile("hilum")  # the same examples on every machine and every day

TESTS = Path(__file__).resolve().parent
MakeTable = Callable[..., SliceTable]

RANDOM_NUMBERS = 65_537
"""A prime number, so that no two rows of a layer's weights are alike."""

LONG = ("viewer", "engines", "steps", "docs", "test_golden.py", "cli", "learn")
"""Rooms whose files take longest: they come first, so that no worker ends with one while the others
have nothing left to do."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort the tests by their room, in the order of `LONG`; the order within a file stays."""

    def turn(item: pytest.Item) -> int:
        room = item.path.relative_to(TESTS).parts[0]
        return LONG.index(room) if room in LONG else len(LONG)

    items.sort(key=turn)


def pytest_collection_finish() -> None:
    """Let the garbage collector skip what importing and collecting made: half a million objects.

    A full collection takes 0.3 s with them, and libraries ask for it as they go (torch's exporter).
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def cache_of_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache of the tests' own, for commands in other processes too: never the user's."""
    location = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HILUM_CACHE", str(location))
        patch.delenv("HILUM_CACHE_LIMIT", raising=False)
        yield location


@pytest.fixture(scope="session", autouse=True)
def assembled_once() -> Iterator[None]:
    """The command line is put together once a process, as a user's is, not once a call."""
    from functools import cache

    import typer.main

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", cache(typer.main.get_command))
        yield


@pytest.fixture(scope="session", autouse=True)
def looked_at_once() -> Iterator[None]:
    """What the two small networks of `prepare` find in a slice is computed once.

    Half a second a slice for annotations, a tenth for lungs; many tests show them the same slices.
    """
    from hilum.prepare.clean import marks
    from hilum.prepare.lungs import finding

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(marks, "annotation_probability", _remembered(marks.annotation_probability))
        patch.setattr(finding, "look_for_lungs", _remembered(finding.look_for_lungs))
        yield


REMEMBERED = 128
"""Slices, of each network: 100 MB."""


def _remembered(compute: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function of a slice and options that keeps its last results."""
    known: dict[object, Any] = {}

    def look(pixels: np.ndarray, **options: object) -> Any:
        content = sha256(np.ascontiguousarray(pixels)).digest()
        key = (pixels.shape, pixels.dtype.str, content, *options.items())
        if key not in known:
            for oldest in list(known)[: len(known) + 1 - REMEMBERED]:
                known.pop(oldest, None)
            known[key] = compute(pixels, **options)
        return known[key]

    return look


@pytest.fixture(scope="module")
def blank_drawings() -> Iterator[None]:
    """Figures are painted, but not laid out and written: an empty picture takes their place.

    Half the time of a comparison or a report. For tests of numbers, files and words; what drawings
    look like is tested in `report`, and all files of the golden road have them.
    """
    from matplotlib.figure import Figure

    drawn = Figure.savefig

    def save(self: Figure, file: Any, **options: Any) -> None:
        if isinstance(file, os.PathLike):  # a picture that is the result itself
            drawn(self, file, **options)
        else:
            file.write('<svg viewBox="0 0 1 1"></svg>')

    save.drawn = drawn  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", save)
        yield


@pytest.fixture
def real_drawings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Figures are drawn after all, for a test that looks at one among tests that don't."""
    from matplotlib.figure import Figure

    monkeypatch.setattr(Figure, "savefig", getattr(Figure.savefig, "drawn", Figure.savefig))


@pytest.fixture(scope="module")
def no_annotations() -> Iterator[None]:
    """Cleaning looks for annotations on no slice: half a second each, nearly all of harmonising.

    For tests of slices that have none. How they are found is tested in `prepare/clean`.
    """
    from hilum.prepare.clean.probability import Probability

    def none_found(pixels: Any) -> Probability:
        nothing = np.zeros(pixels.shape[:2], np.float32)
        return Probability(nothing, nothing, 1.0)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hilum.prepare.clean.marks.annotation_probability", none_found)
        yield


FEW_RESAMPLES = 100


@pytest.fixture(scope="module")
def few_resamples() -> Iterator[None]:
    """Intervals come from a hundred resamples; else they are a fifth of the time of a road.

    For tests of files and words, and of metrics whose value needs no resamples. Intervals as a user
    has them are tested in `scores`, and all those of the golden road are.
    """
    from hilum.scores.bootstrap import bootstrap_weights
    from hilum.scores.paired import paired_differences

    with pytest.MonkeyPatch.context() as patch:
        for draws in (bootstrap_weights, paired_differences):
            defaults = {**(draws.__kwdefaults__ or {}), "resamples": FEW_RESAMPLES}
            patch.setattr(draws, "__kwdefaults__", defaults)
        yield


FEW_ROUNDS, FEW_NOISE = 40, 4


@pytest.fixture(scope="module")
def rough_measures() -> Iterator[None]:
    """The border probe has 40 trees, and offsets of maps come from four noise images.

    For tests of files and words: what both measure is tested in `audit` and `learn/maps`.
    """
    from hilum.audit import border
    from hilum.learn.maps import receptive_field

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(border, "ROUNDS", FEW_ROUNDS)
        patch.setattr(receptive_field, "NOISE", FEW_NOISE)
        yield


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real collections; tests that need it are skipped where it is not."""
    adjacent = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("HILUM_TEST_DATA", adjacent))
    if not folder.is_dir():
        pytest.skip(f"no real slices at {folder}; set HILUM_TEST_DATA to their folder")
    return folder


@pytest.fixture(scope="session")
def make_table() -> MakeTable:
    """Make a checked table of n slices; a keyword is a column, one value for all or one each."""

    def make(count: int, *, folder: Path = Path(), **columns: str | list[str]) -> SliceTable:
        numbers = range(count)
        rows = {
            "slice_id": [f"slice-{n}" for n in numbers],
            "path": [f"{n}.png" for n in numbers],
            "label": ["cancer" if n % 2 else "pneumonia" for n in numbers],
            "group": [f"group-{n}" for n in numbers],
            "source": ["site"] * count,
            **{k: [v] * count if isinstance(v, str) else v for k, v in columns.items()},
        }
        return SliceTable(check_rows(pd.DataFrame(rows, dtype=str), name="slices.csv"), folder)

    return make


@pytest.fixture(scope="module")
def quick_initialisation() -> Iterator[None]:
    """Large networks are built in a fraction of the time; their random numbers have no say.

    Weights are copied from the same few random numbers, each tensor's from another place on.
    """
    import torch
    from torch import Tensor

    numbers = torch.rand(RANDOM_NUMBERS, generator=torch.Generator().manual_seed(0)) / 10 - 0.05

    def quick(tensor: Tensor, *_: object, **__: object) -> Tensor:
        start = int(torch.randint(RANDOM_NUMBERS, ()))
        times = -(-(start + tensor.numel()) // RANDOM_NUMBERS)
        with torch.no_grad():
            return tensor.copy_(numbers.repeat(times)[start:][: tensor.numel()].view_as(tensor))

    with pytest.MonkeyPatch.context() as patch:
        for name in ("kaiming_normal_", "kaiming_uniform_", "normal_", "trunc_normal_"):
            patch.setattr(f"torch.nn.init.{name}", quick)
        yield
