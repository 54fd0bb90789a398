"""What is asked of slices and how: read ahead, batch by batch, part by part, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hilum.engines import mean_probabilities
from hilum.errors import HilumError
from hilum.prepare import BATCH, resize
from hilum.readers import Window, count_frames, read_slice
from hilum.steps.predict.decision import Decision
from hilum.steps.predict.engine import Opened
from hilum.steps.predict.inputs import Listed

__all__ = ["Answered", "Predicted", "Question", "Refused"]

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


@dataclass(frozen=True)
class Answered:
    """A batch's outcomes in its order.

    Attributes:
        part: the number of the part that it belongs to.
        outcomes: of each frame of its files.
        last: the part has no further batch.
        passed_over: files of the part so far that don't look like slices, by suffix.
    """

    part: int
    outcomes: list[Predicted | Refused]
    last: bool
    passed_over: dict[str, int]


@dataclass(frozen=True)
class Question:
    """All that what is said of a slice depends on.

    Attributes:
        opened: the networks.
        decision: how their probabilities become a class.
        window: how Hounsfield units are shown where a table's row does not say so.
        trained: windows that the training slices were shown through.
    """

    opened: Opened
    decision: Decision
    window: Window
    trained: list[Window]

    def answer(self, parts: Iterable[tuple[int, list[Listed]]]) -> Iterator[Answered]:
        """Yield the outcomes of each part, at least one batch a part; no batch spans two.

        While the networks compute one batch, the next one is read; of more nothing is kept.
        """
        sizes = sorted({network.size for network in self.opened.networks})
        batches = _batches(parts)
        with ThreadPoolExecutor(READERS) as pool:

            def ahead() -> tuple[_Batch, Iterator[_Slice | Refused]] | None:
                batch = next(batches, None)
                if batch is None:
                    return None
                return batch, pool.map(lambda one: self._read(one, sizes), batch.frames)

            begun = ahead()
            while begun is not None:
                batch, reading = begun
                slices = list(reading)
                begun = ahead()
                said = list(self._say(slices))
                yield Answered(batch.part, said, batch.last, batch.passed_over)

    def _read(self, one: _Frame | Refused, sizes: list[int]) -> _Slice | Refused:
        """Read one frame, through its own window if it has one, and resize it for each network.

        A window that none of the training slices was shown through is noted.
        """
        if isinstance(one, Refused):
            return one
        try:
            image = read_slice(one.path, window=one.window or self.window, frame=one.frame)
        except HilumError as error:
            return Refused(one.path, str(error))
        shown = str(image.window) if image.window else ""
        notes = image.notes
        if image.window and self.trained and image.window not in self.trained:
            seen = ", ".join(map(str, self.trained))
            notes = (*notes, f"Shown through {shown}, and the network was trained on {seen}.")
        grey = {size: resize(image.grey, size) for size in sizes}
        return _Slice(one.path, one.frame, grey, shown, notes)

    def _say(self, batch: list[_Slice | Refused]) -> Iterator[Predicted | Refused]:
        """Yield the outcomes of a batch in its order."""
        decision = self.decision
        slices = [one for one in batch if isinstance(one, _Slice)]
        said = np.empty((0, len(decision.class_names)))
        if slices:
            said = mean_probabilities(self.opened.networks, _stack(slices))
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


@dataclass(frozen=True)
class _Batch:
    """Frames that are computed together; see `Answered`."""

    part: int
    frames: list[_Frame | Refused]
    last: bool
    passed_over: dict[str, int] = field(default_factory=dict)


def _batches(parts: Iterable[tuple[int, list[Listed]]]) -> Iterator[_Batch]:
    """Yield the frames of each part in batches, at least one a part, the last one marked."""
    for number, files in parts:
        passed_over: dict[str, int] = {}
        frames = _frames(files, passed_over)
        batch = list(islice(frames, BATCH))
        while following := list(islice(frames, BATCH)):
            yield _Batch(number, batch, last=False, passed_over=passed_over)
            batch = following
        yield _Batch(number, batch, last=True, passed_over=passed_over)


def _frames(files: Iterable[Listed], passed_over: dict[str, int]) -> Iterator[_Frame | Refused]:
    """Yield each file once for each of its frames, or why it is none; count what is no slice."""
    for file in files:
        if not file.looks_like_slice():
            suffix = file.path.suffix or "no suffix"
            passed_over[suffix] = passed_over.get(suffix, 0) + 1
            continue
        try:
            frames = count_frames(file.path)
        except HilumError as error:
            yield Refused(file.path, str(error))
            continue
        yield from (_Frame(file.path, frame, file.window) for frame in range(frames))


def _stack(slices: list[_Slice]) -> dict[int, npt.NDArray[np.uint8]]:
    """Return the batch for each size, (n, size, size) uint8."""
    return {size: np.stack([one.grey[size] for one in slices]) for size in slices[0].grey}
