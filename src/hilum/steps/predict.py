"""Predict: files and folders in, one row a slice out, as a stream of bounded memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hilum.engines import Engine, mean_probabilities
from hilum.errors import HilumError, UsageError
from hilum.prepare import BATCH, resize
from hilum.readers import LUNG, Window, count_frames, is_candidate, parse_window, read_slice
from hilum.run import Run, open_run
from hilum.steps.decision import Decision, decision_of
from hilum.steps.engines import check_engine, open_engine
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
        predicted: the class with the highest probability, or the one that `threshold` decides.
        probabilities: class name -> probability, 0 to 1, sum 1; the network's own.
        window: `width/center` in HU that the slice was shown through; empty where the file
            carries no Hounsfield units.
        notes: what is unusual about the file.
        calibrated: class name -> probability scaled by the run's temperature; None where it has
            none.
        threshold: the probability of the positive class from which on it was called; None: the
            highest probability decided.
    """

    path: Path
    frame: int
    predicted: str
    probabilities: dict[str, float]
    window: str
    notes: tuple[str, ...]
    calibrated: dict[str, float] | None = None
    threshold: float | None = None


@dataclass(frozen=True)
class Refused:
    """A file that is no slice, and why."""

    path: Path
    reason: str


@dataclass
class Found:
    """Files that look like slices, how many others were passed over, by suffix, and remarks.

    The remarks are sentences on how the run decides; predict makes them before its first slice.
    """

    passed_over: dict[str, int] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

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
    threshold: float | str | None = None,
    engine: str = "auto",
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
        threshold: from which probability on the positive class is called: a number, or the name
            of one of the run's operating points, such as `youden`; without it the most probable
            class is called. Below it, the most probable of the other classes is.
        engine: what computes the network, see `hilum.steps.engines.ENGINES`.
        found: counts what is passed over in folders, and keeps remarks.

    Raises:
        UsageError: a path does not exist, or the threshold is none (before anything is predicted).
        RunError: the run is not whole.
    """
    check_engine(engine)
    run = run if isinstance(run, Run) else open_run(run)
    found = found or Found()
    decision = decision_of(run, threshold)
    found.remarks.extend(decision.remarks)
    wanted = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    trained = [parse_window(text) for text in run.network().get("windows", [])]
    shown = window or (trained[0] if len(trained) == 1 else LUNG)
    for path in wanted:
        if not path.exists():
            raise UsageError(f"there is no file or folder {path}.")
    opened = open_engine(run, engine)
    found.remarks.extend([opened.remark] if opened.remark else [])
    sizes = sorted({network.size for network in opened.networks})
    files = _frames(found.walk(wanted))
    with ThreadPoolExecutor(READERS) as pool:
        ahead = pool.map(lambda one: _read(one, shown, sizes, trained), islice(files, BATCH))
        while batch := list(ahead):
            following = list(islice(files, BATCH))
            ahead = pool.map(lambda one: _read(one, shown, sizes, trained), following)
            yield from _predict_batch(opened.networks, batch, decision)


@dataclass(frozen=True)
class _Slice:
    """A slice that waits for the networks; `grey` is size -> (size, size) uint8."""

    path: Path
    frame: int
    grey: dict[int, npt.NDArray[np.uint8]]
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
    one: _Frame | Refused, window: Window, sizes: list[int], trained: list[Window]
) -> _Slice | Refused:
    """Read one frame, through its own window if it has one, and resize it for each network.

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
    grey = {size: resize(image.grey, size) for size in sizes}
    return _Slice(one.path, one.frame, grey, shown, notes)


def _stack(slices: list[_Slice]) -> dict[int, npt.NDArray[np.uint8]]:
    """Return the batch for each size, (n, size, size) uint8."""
    return {size: np.stack([one.grey[size] for one in slices]) for size in slices[0].grey}


def _predict_batch(
    networks: Sequence[Engine], batch: list[_Slice | Refused], decision: Decision
) -> Iterator[Predicted | Refused]:
    """Yield the outcomes of a batch in its order."""
    slices = [one for one in batch if isinstance(one, _Slice)]
    said = np.empty((0, len(decision.class_names)))
    if slices:
        said = mean_probabilities(networks, _stack(slices))
    told = zip(said, decision.call(said), decision.calibrate(said), strict=True)
    for one in batch:
        if isinstance(one, Refused):
            yield one
            continue
        row, called, calibrated = next(told)
        yield Predicted(
            path=one.path, frame=one.frame, predicted=called,
            probabilities=dict(zip(decision.class_names, map(float, row), strict=True)),
            window=one.window, notes=one.notes,
            calibrated=calibrated, threshold=decision.threshold,
        )  # fmt: skip
