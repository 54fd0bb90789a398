"""Predict: files and folders in, one row a slice out, as a stream of bounded memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hilum.errors import HilumError, UsageError
from hilum.learn.networks import Classifier
from hilum.learn.predict import load_network, probabilities
from hilum.prepare import BATCH, resize
from hilum.readers import LUNG, Window, count_frames, is_candidate, parse_window, read_slice
from hilum.run import Run, open_run
from hilum.steps.facts import network_facts
from hilum.table import read_table

__all__ = ["NOTICE", "Found", "Predicted", "Refused", "predict"]

NOTICE = "research use only"
READERS = 4
"""Threads that decode while the network computes."""


@dataclass(frozen=True)
class Predicted:
    """What the network says of one slice.

    Attributes:
        path: the file.
        frame: 0-based; 0 for all but multi-frame files.
        predicted: the class with the highest probability.
        probabilities: class name -> probability, 0 to 1, sum 1.
        window: `width/center` in HU that the slice was shown through; empty where the file
            carries no Hounsfield units.
        notes: what is unusual about the file.
    """

    path: Path
    frame: int
    predicted: str
    probabilities: dict[str, float]
    window: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Refused:
    """A file that is no slice, and why."""

    path: Path
    reason: str


@dataclass
class Found:
    """Files that look like slices, and how many others were passed over, by suffix."""

    passed_over: dict[str, int] = field(default_factory=dict)

    def walk(self, paths: Iterable[Path]) -> Iterator[tuple[Path, Window | None]]:
        """Yield the named files, those of a named table, and below folders what looks like slices.

        With each file stands the window of its row in a table, None where it has none.

        Raises:
            UsageError: a path does not exist.
        """
        for path in paths:
            if not path.exists():
                raise UsageError(f"there is no file or folder {path}.")
            if path.is_dir():
                yield from ((file, None) for file in self._below(path))
            elif path.suffix == ".csv":
                table = read_table(path)
                for file, cell in zip(table.paths(), table.rows["window"], strict=True):
                    yield file, parse_window(cell) if cell else None
            else:
                yield path, None

    def _below(self, folder: Path) -> Iterator[Path]:
        for here, folders, files in os.walk(folder):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(name for name in files if not name.startswith(".")):
                path = Path(here) / name
                if is_candidate(path):
                    yield path
                else:
                    suffix = path.suffix or "no suffix"
                    self.passed_over[suffix] = self.passed_over.get(suffix, 0) + 1


def predict(
    run: Run | Path | str,
    paths: Path | str | Iterable[Path | str],
    *,
    window: Window | None = None,
    found: Found | None = None,
) -> Iterator[Predicted | Refused]:
    """Yield what the network of a run says of each slice, in the order of the paths.

    A file that can't be read is yielded as Refused, and the rest go on; each frame of a
    multi-frame file is a slice of its own. Memory does not grow with the number of slices.

    Args:
        run: a finished run or its folder.
        paths: slices, slice tables (.csv), and folders, which are searched below; or just one.
        window: how Hounsfield units are shown to the network where a table's row does not say
            so in its column `window`; without it the one that the network was trained on, if it
            was one, else the lung window.
        found: counts what is passed over in folders.

    Raises:
        UsageError: a path does not exist (before anything is predicted).
        RunError: the run is not whole.
    """
    run = run if isinstance(run, Run) else open_run(run)
    facts = network_facts(run)
    names, size = facts.class_names, facts.size
    wanted = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    trained = [parse_window(text) for text in run.network().get("windows", [])]
    shown = window or (trained[0] if len(trained) == 1 else LUNG)
    for path in wanted:
        if not path.exists():
            raise UsageError(f"there is no file or folder {path}.")
    network = load_network(run)
    files = _frames((found or Found()).walk(wanted))
    with ThreadPoolExecutor(READERS) as pool:
        ahead = pool.map(lambda one: _read(one, shown, size, trained), islice(files, BATCH))
        while batch := list(ahead):
            following = list(islice(files, BATCH))
            ahead = pool.map(lambda one: _read(one, shown, size, trained), following)
            yield from _predict_batch(network, batch, names)


@dataclass(frozen=True)
class _Slice:
    """A slice that waits for the network."""

    path: Path
    frame: int
    grey: npt.NDArray[np.uint8]
    window: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Frame:
    """A frame to read; `window` is that of its row in a table, or None."""

    path: Path
    frame: int
    window: Window | None


def _frames(files: Iterable[tuple[Path, Window | None]]) -> Iterator[_Frame | Refused]:
    """Yield each file once for each of its frames, or why it is none."""
    for path, window in files:
        try:
            frames = count_frames(path)
        except HilumError as error:
            yield Refused(path, str(error))
            continue
        yield from (_Frame(path, frame, window) for frame in range(frames))


def _read(
    one: _Frame | Refused, window: Window, size: int, trained: list[Window]
) -> _Slice | Refused:
    """Read one frame at the network's size, through its own window if it has one.

    A window that none of the training slices was shown through is noted.
    """
    if isinstance(one, Refused):
        return one
    try:
        image = read_slice(one.path, window=one.window or window, frame=one.frame)
    except HilumError as error:
        return Refused(one.path, str(error))
    shown = str(image.window) if image.window else ""
    notes = image.notes
    if image.window and trained and image.window not in trained:
        seen = ", ".join(map(str, trained))
        notes = (*notes, f"Shown through {shown}, and the network was trained on {seen}.")
    return _Slice(one.path, one.frame, resize(image.grey, size), shown, notes)


def _predict_batch(
    network: Classifier, batch: list[_Slice | Refused], names: list[str]
) -> Iterator[Predicted | Refused]:
    """Yield the outcomes of a batch in its order."""
    slices = [one for one in batch if isinstance(one, _Slice)]
    said: Iterator[npt.NDArray[np.float64]] = iter(())
    if slices:
        said = iter(next(probabilities(network, [np.stack([s.grey for s in slices])])))
    for one in batch:
        if isinstance(one, Refused):
            yield one
            continue
        row = next(said)
        yield Predicted(
            path=one.path, frame=one.frame, predicted=names[int(row.argmax())],
            probabilities=dict(zip(names, map(float, row), strict=True)),
            window=one.window, notes=one.notes,
        )  # fmt: skip
