"""Predict one series: slices read ahead, lungs found, those with lung predicted, one answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import reduce
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hilum.engines import mean_probabilities
from hilum.errors import HilumError
from hilum.prepare import BATCH, batches, resize
from hilum.prepare.network_view import network_view
from hilum.progress import Progress
from hilum.readers.hu_check import UnitCounts, series_problem
from hilum.readers.series import LeftOutFiles
from hilum.steps.predict.stream import Predictor
from hilum.steps.series.answer import SeriesAnswer, SeriesOptions, SeriesSlice, TopSlice
from hilum.steps.series.decision import SeriesDecision
from hilum.steps.series.lungs import (
    NO_CHEST,
    LungSight,
    is_of_chest,
    look_for_lungs,
    why_no_chest,
)
from hilum.steps.series.reading import SliceStack
from hilum.steps.series.top import choose_top

__all__ = ["RunContext", "predict_stack"]

_NOTHING = UnitCounts(0, float("inf"), float("-inf"), 0, 0, 0, 0)
READERS = 4
"""Threads that decode while the network computes."""
NO_LUNG = "no lung in sight"
LOOKED_AT = 7
"""Slices with lung by which a series is judged to be of a chest."""

Grey = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class RunContext:
    """What all series are predicted with.

    Attributes:
        predictor: the networks and their window.
        decision: how slices become one answer.
        options: see `SeriesOptions`.
        verdict: one line on the run; `verdict_level` in a word.
        trust: how far the run can be trusted, one line.
        remarks: how the run decides, in sentences.
    """

    predictor: Predictor
    decision: SeriesDecision
    options: SeriesOptions
    verdict: str
    verdict_level: str
    trust: str
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class _Look:
    """A slice that was read: its lungs, and the network's input where it shows some."""

    sight: LungSight
    grey: Mapping[int, Grey] | None
    notes: tuple[str, ...] = ()
    in_hu: bool = True
    units: UnitCounts | None = None
    problem: str = ""


def predict_stack(
    stack: SliceStack, context: RunContext, *, origin: Path, progress: Progress
) -> Iterator[SeriesAnswer | LeftOutFiles]:
    """Yield what is left out of one series, and its answer where it shows a chest.

    Memory does not grow with the number of slices: pixels of the top ones alone are held.
    """
    names = stack.names
    looks, probabilities = _walk(stack, context, progress)
    broken = [index for index, look in enumerate(looks) if look.problem]
    for index in broken:
        yield LeftOutFiles.damaged(names[index].path, looks[index].problem)
    sound = [index for index, look in enumerate(looks) if not look.problem]
    reason = _why_left_out(looks, sound, [names[index].position for index in sound])
    if not reason and not _shows_chest(stack, list(probabilities), context):
        reason = NO_CHEST
    if reason:
        paths = tuple(dict.fromkeys(names[index].path for index in sound))
        doubles = stack.source.doubles if stack.source else ()
        paths = (*(paths or (names[0].path,)), *doubles)
        yield LeftOutFiles(paths, reason, series=_uid(stack))
        return
    joined = context.decision.join(np.stack(list(probabilities.values())))
    column = context.decision.class_names.index(context.decision.positive)
    slices = tuple(
        SeriesSlice(
            name.path, name.frame, name.sop_instance_uid, name.position, look.sight.share,
            float(probabilities[index][column]) if index in probabilities else None,
            look.problem or ("" if index in probabilities else NO_LUNG),
        )
        for index, (name, look) in enumerate(zip(names, looks, strict=True))
    )  # fmt: skip
    top = tuple(_top(stack, index, context) for index in choose_top(slices, context.options.top))
    yield _answer(stack, context, slices, top, joined, _notes(stack, looks, broken), origin)


def _walk(
    stack: SliceStack, context: RunContext, progress: Progress
) -> tuple[list[_Look], dict[int, npt.NDArray[np.float64]]]:
    """Read all slices, a batch ahead of the networks; return looks and index -> probabilities."""
    count = len(stack.names)
    networks = context.predictor.loaded.networks
    sizes = sorted({network.size for network in networks})
    looks: list[_Look] = []
    probabilities: dict[int, npt.NDArray[np.float64]] = {}
    waiting: list[int] = []

    def predict(ready: list[int]) -> None:
        inputs = [looks[index].grey for index in ready]
        stacked = {size: np.stack([one[size] for one in inputs if one]) for size in sizes}
        rows = mean_probabilities(networks, stacked)
        probabilities.update(zip(ready, rows, strict=True))
        for index in ready:
            looks[index] = replace(looks[index], grey=None)

    with ThreadPoolExecutor(READERS) as pool:

        def read(rows: slice) -> Iterator[_Look]:
            return pool.map(lambda i: _look(stack, i, context, sizes), range(count)[rows])

        chunks = list(batches(count, BATCH))
        following = read(chunks[0])
        for number, chunk in enumerate(chunks):
            current = list(following)
            if number + 1 < len(chunks):
                following = read(chunks[number + 1])
            waiting += [len(looks) + i for i, look in enumerate(current) if look.grey is not None]
            looks += current
            while len(waiting) >= BATCH:
                predict(waiting[:BATCH])
                waiting = waiting[BATCH:]
            progress.advance("reading series", min(chunk.stop, count), count)
    if waiting:
        predict(waiting)
    return looks, dict(sorted(probabilities.items()))


def _look(stack: SliceStack, index: int, context: RunContext, sizes: list[int]) -> _Look:
    """Read one slice, find its lungs and resize it for each network."""
    try:
        image = stack.read(index, context.predictor.window)
    except HilumError as error:
        return _Look(LungSight(0.0, None), None, problem=str(error))
    sight, notes, grey = look_for_lungs(image), image.notes, None
    if sight.is_lung:
        view = network_view(image.grey, harmonised=context.predictor.harmonised)
        grey = {size: resize(view.pixels, size) for size in sizes}
        notes = (*notes, *view.notes)
    return _Look(sight, grey, notes, image.hu is not None, image.unit_counts)


def _why_left_out(looks: list[_Look], sound: list[int], positions: list[float | None]) -> str:
    """Return why a series has no answer; empty where it has one."""
    if not sound:
        return "None of its slices can be read."
    without = [index for index in sound if not looks[index].in_hu]
    if 2 * len(without) > len(sound):
        notes = Counter(note for index in without for note in looks[index].notes)
        about = next((note for note, _ in notes.most_common() if "Hounsfield" in note), "")
        return about or "Not in Hounsfield units."
    counts = [looks[index].units for index in sound]
    merged = reduce(UnitCounts.merge, [one for one in counts if one is not None], _NOTHING)
    if merged.pixels and (problem := series_problem(merged, len(sound))):
        return f"Not in Hounsfield units: {problem}."
    return why_no_chest([looks[index].sight for index in sound], positions)


def _shows_chest(stack: SliceStack, with_lung: list[int], context: RunContext) -> bool:
    """Whether most of a few slices with lung, evenly spread, are of a chest."""
    chosen = sorted({with_lung[int(i)] for i in np.linspace(0, len(with_lung) - 1, LOOKED_AT)})
    images = (stack.read(index, context.predictor.window) for index in chosen)
    return 2 * sum(is_of_chest(image) for image in images) >= len(chosen)


def _top(stack: SliceStack, index: int, context: RunContext) -> TopSlice:
    image = stack.read(index, context.predictor.window)
    return TopSlice(index, image.grey, turn=image.turn)


def _notes(stack: SliceStack, looks: list[_Look], broken: list[int]) -> tuple[str, ...]:
    """Return the notes on the series, and those of its slices with how many have them."""
    counts = Counter(note for look in looks for note in look.notes)
    of_slices = [
        note if count == len(looks) else f"{note} ({count} of {len(looks)} slices)"
        for note, count in counts.most_common()
        if note not in stack.notes
    ]
    lost = [f"{len(broken)} of {len(looks)} slices can't be read."] if broken else []
    return (*stack.notes, *lost, *of_slices)


def _uid(stack: SliceStack) -> str:
    return stack.source.uid if stack.source else ""


def _answer(
    stack: SliceStack,
    context: RunContext,
    slices: tuple[SeriesSlice, ...],
    top: tuple[TopSlice, ...],
    joined: npt.NDArray[np.float64],
    notes: tuple[str, ...],
    origin: Path,
) -> SeriesAnswer:
    decision = context.decision
    return SeriesAnswer(
        path=slices[0].path,
        origin=origin,
        series_instance_uid=_uid(stack),
        kernel=stack.source.kernel if stack.source else "",
        predicted=decision.call(joined),
        positive=decision.positive,
        probabilities=dict(zip(decision.class_names, map(float, joined), strict=True)),
        calibrated=decision.calibrate(joined),
        threshold=decision.threshold,
        joined=decision.joining.sentence(),
        slices=slices,
        top=top,
        notes=notes,
        remarks=context.remarks,
        verdict=context.verdict,
        verdict_level=context.verdict_level,
        trust=context.trust,
        source=stack.source,
    )
