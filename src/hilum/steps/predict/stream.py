"""Stream predictions for slices in batches: read ahead, shard by shard, in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice

import numpy as np
import numpy.typing as npt

from hilum.engines import mean_probabilities
from hilum.errors import HilumError
from hilum.prepare import BATCH, network_view, resize
from hilum.readers import LUNG, Window, count_frames, read_slice
from hilum.readers.series_units import SeriesUnits, UnitFacts, series_notes
from hilum.steps.predict.decision import Decision
from hilum.steps.predict.engine import LoadedEngine
from hilum.steps.predict.inputs import InputFile, InputShard
from hilum.steps.predict.outcome import Predicted, Refused

__all__ = ["PredictedBatch", "Predictor"]

READERS = 4
"""Threads that decode while the network computes."""


@dataclass(frozen=True)
class PredictedBatch:
    """The outcomes of a batch, in order.

    Attributes:
        shard: that it belongs to.
        outcomes: of each frame of its files.
        last: the shard has no further batch.
        passed_over: files of the shard so far that don't look like slices, by suffix.
    """

    shard: InputShard
    outcomes: list[Predicted | Refused]
    last: bool
    passed_over: dict[str, int]


@dataclass(frozen=True)
class Predictor:
    """Networks with everything else that predictions depend on.

    Attributes:
        loaded: the networks.
        decision: how their probabilities become a class.
        window: shows Hounsfield units if a table's row has no window.
        trained: windows of the training slices.
        harmonised: whether the networks see slices harmonised.
    """

    loaded: LoadedEngine
    decision: Decision
    window: Window
    trained: list[Window]
    harmonised: bool = False

    def stream(self, shards: Iterable[InputShard]) -> Iterator[PredictedBatch]:
        """Yield the outcomes of each shard, at least one batch a shard; no batch spans two.

        While the networks compute one batch, the next one is read; no more is held in memory.
        """
        sizes = sorted({network.size for network in self.loaded.networks})
        batches = _batches(shards)
        units = SeriesUnits()
        with ThreadPoolExecutor(READERS) as pool:

            def read_ahead() -> tuple[_Batch, Iterator[_Slice | Refused]] | None:
                batch = next(batches, None)
                if batch is None:
                    return None
                return batch, pool.map(lambda frame: self._read(frame, sizes), batch.frames)

            following = read_ahead()
            while following is not None:
                batch, reading = following
                slices = _with_series_notes(list(reading), units)
                following = read_ahead()
                outcomes = list(self._predict(slices))
                yield PredictedBatch(batch.shard, outcomes, batch.last, batch.passed_over)
                if batch.last:  # a shard says the same whoever predicts it, after whichever
                    units = SeriesUnits()

    def _read(self, frame: _Frame | Refused, sizes: list[int]) -> _Slice | Refused:
        """Read one frame, through its own window if it has one, and resize it for each network.

        A window that none of the training slices was shown through is noted.
        """
        if isinstance(frame, Refused):
            return frame
        file = frame.file
        try:
            image = read_slice(file.path, window=file.window or self.window, frame=frame.index)
        except HilumError as error:
            return Refused(file.path, str(error))
        shown = str(image.window) if image.window else ""
        notes = image.notes
        if image.window and image.window not in (self.trained or [LUNG]):
            trained = self._trained_on()
            notes = (*notes, f"Shown through {shown}, and the network was trained on {trained}.")
        seen = network_view(image.grey, harmonised=self.harmonised)
        return _Slice(
            frame, {size: resize(seen.pixels, size) for size in sizes}, shown,
            (*notes, *seen.notes),
            units=UnitFacts.of(image), position=image.position,
        )  # fmt: skip

    def _trained_on(self) -> str:
        """Return the windows of the training slices, for a note."""
        if self.trained:
            return ", ".join(map(str, self.trained))
        return f"slices without a window of their own, of which those in HU are shown by {LUNG}"

    def _predict(self, batch: list[_Slice | Refused]) -> Iterator[Predicted | Refused]:
        """Yield the outcomes of a batch in its order."""
        decision = self.decision
        slices = [item for item in batch if isinstance(item, _Slice)]
        probabilities = np.empty((0, len(decision.class_names)))
        if slices:
            found = mean_probabilities(self.loaded.networks, _stack(slices))
            probabilities = decision.fold(found)
        results = zip(
            probabilities, decision.call(probabilities), decision.calibrate(probabilities),
            strict=True,
        )  # fmt: skip
        for item in batch:
            if isinstance(item, Refused):
                yield item
                continue
            row, called, calibrated = next(results)
            file = item.frame.file
            yield Predicted(
                path=file.path, frame=item.frame.index, predicted=called,
                probabilities=dict(zip(decision.class_names, map(float, row), strict=True)),
                window=item.window, notes=item.notes,
                calibrated=calibrated, threshold=decision.threshold,
                series=item.units.series, position=item.position, row=file.row,
            )  # fmt: skip


@dataclass(frozen=True)
class _Frame:
    """A frame to read, by its 0-based index in the file."""

    file: InputFile
    index: int


@dataclass(frozen=True)
class _Slice:
    """A slice that waits for the networks; `grey` is size -> (size, size) uint8."""

    frame: _Frame
    grey: Mapping[int, npt.NDArray[np.uint8]]
    window: str
    notes: tuple[str, ...]
    units: UnitFacts
    position: float | None


@dataclass(frozen=True)
class _Batch:
    """Frames that are computed together; see `PredictedBatch`."""

    shard: InputShard
    frames: list[_Frame | Refused]
    last: bool
    passed_over: dict[str, int] = field(default_factory=dict)


def _with_series_notes(
    slices: list[_Slice | Refused], units: SeriesUnits
) -> list[_Slice | Refused]:
    """Return slices with notes on series that can't be in Hounsfield units, as far as was read."""
    read = [item for item in slices if isinstance(item, _Slice)]
    notes = iter(series_notes([item.units for item in read], units))
    return [
        replace(item, notes=(*item.notes, note))
        if isinstance(item, _Slice) and (note := next(notes))
        else item
        for item in slices
    ]


def _batches(shards: Iterable[InputShard]) -> Iterator[_Batch]:
    """Yield the frames of each shard in batches, at least one a shard, the last one marked."""
    for shard in shards:
        passed_over: dict[str, int] = {}
        frames = _frames(shard.files, passed_over)
        batch = list(islice(frames, BATCH))
        while following := list(islice(frames, BATCH)):
            yield _Batch(shard, batch, last=False, passed_over=passed_over)
            batch = following
        yield _Batch(shard, batch, last=True, passed_over=passed_over)


def _frames(files: Iterable[InputFile], passed_over: dict[str, int]) -> Iterator[_Frame | Refused]:
    """Yield each frame of each file, or why a file has none; count what doesn't look like one."""
    for file in files:
        if reason := file.refusal():
            yield Refused(file.path, reason)
            continue
        if suffix := file.skipped_as():
            passed_over[suffix] = passed_over.get(suffix, 0) + 1
            continue
        if file.frame is not None:
            yield _Frame(file, file.frame)
            continue
        try:
            count = count_frames(file.path)
        except HilumError as error:
            yield Refused(file.path, str(error))
            continue
        yield from (_Frame(file, index) for index in range(count))


def _stack(slices: list[_Slice]) -> dict[int, npt.NDArray[np.uint8]]:
    """Return the batch for each size, (n, size, size) uint8."""
    return {size: np.stack([item.grey[size] for item in slices]) for size in slices[0].grey}
