"""Predict series: DICOM series and NIfTI volumes in, one answer a series out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from functools import partial
from itertools import count
from pathlib import Path

from hilum.engines import ExportedRun
from hilum.errors import ReadError, UsageError
from hilum.progress import SILENT, Prefixed, Progress
from hilum.readers.series import CtSeries, LeftOutFiles, SortedFiles, sort_into_series
from hilum.readers.window import LUNG
from hilum.run import Run
from hilum.run.trust import judge_trust
from hilum.steps.predict.options import PredictOptions
from hilum.steps.predict.step import as_paths, make_predictor, open_source
from hilum.steps.predict.stream import Predictor
from hilum.steps.predict.verdict import verdict_of
from hilum.steps.series.answer import SeriesAnswer, SeriesOptions
from hilum.steps.series.compute import RunContext, predict_stack
from hilum.steps.series.decision import series_decision
from hilum.steps.series.inputs import SeriesFiles, opened
from hilum.steps.series.maps import MapMaker, why_no_maps
from hilum.steps.series.reading import DicomStack, SliceStack, open_volume

__all__ = ["predict_series"]


def predict_series(
    run: Run | ExportedRun | Path | str,
    paths: Path | str | Iterable[Path | str],
    *,
    options: SeriesOptions | None = None,
    progress: Progress = SILENT,
) -> Iterator[SeriesAnswer | LeftOutFiles]:
    """Yield one answer for each axial chest CT series, and why other files have none.

    Slices are ordered by their position; slices without lung are not predicted; the others'
    probabilities are joined as evaluation found best on validation series. The files that an answer
    names are there until the next outcome is requested: those of a zip are removed then.

    Args:
        run: a finished run or its folder, or a file of `hilum export`.
        paths: folders, zips, DICOMDIR files, DICOM files, NIfTI volumes (.nii, .nii.gz); or one.
        options: window, threshold, engine, top slices and maps.
        progress: receives how far it is.

    Raises:
        UsageError: a path does not exist, the threshold is none, or the only path holds neither a
            DICOM file nor a NIfTI volume.
        RunError: the run is incomplete.
    """
    options, inputs = options or SeriesOptions(), as_paths(paths)
    for path in inputs:
        if not path.exists():
            raise UsageError(f"there is no file or folder {path}.")
    source = open_source(run)
    context = _context(source, options)
    maker = None if not options.maps or why_no_maps(source) else MapMaker(source)  # type: ignore[arg-type]
    for path in inputs:
        try:
            with opened(path) as files:
                if not files.is_empty:
                    yield from _of_path(path, files, context, maker, progress)
                elif len(inputs) == 1:
                    raise UsageError(f"there is {files.emptiness()} in {path}.")
                else:
                    yield LeftOutFiles.damaged(path, f"there is {files.emptiness()}.")
        except ReadError as error:
            yield LeftOutFiles.damaged(path, error)


def _context(source: Run | ExportedRun, options: SeriesOptions) -> RunContext:
    predictor = make_predictor(source, PredictOptions(options.window, None, options.engine))
    decision = series_decision(source, options.threshold)
    verdict = verdict_of(source)
    remarks = [*decision.remarks, predictor.loaded.remark, _window_remark(predictor)]
    remarks.append(why_no_maps(source) if options.maps else "")
    return RunContext(
        predictor, decision, options, verdict.line(), verdict.level,
        judge_trust(source).line() if isinstance(source, Run) else "",
        tuple(remark for remark in remarks if remark),
    )  # fmt: skip


def _window_remark(predictor: Predictor) -> str:
    """Return a sentence where slices are shown otherwise than those of the training."""
    trained = predictor.trained or [LUNG]
    if predictor.window in trained:
        return ""
    windows = ", ".join(map(str, trained))
    return f"Shown through {predictor.window}, and the network was trained on {windows}."


def _of_path(
    path: Path,
    files: SeriesFiles,
    context: RunContext,
    maker: MapMaker | None,
    progress: Progress,
) -> Iterator[SeriesAnswer | LeftOutFiles]:
    """Yield the outcomes of one path."""
    if files.skipped:
        progress.say(f"skipped, no DICOM or NIfTI: {files.others()}")
    found = _sorted(files.dicom, progress)
    patients = {one.slices[0].patient for one in found.series}
    if len(patients) > 1:
        progress.say(f"{path} holds series of {len(patients)} patients; each has its own answer.")
    for one in (*files.left_out, *found.left_out):
        yield _named(one, files)
    openers: list[Callable[[], AbstractContextManager[SliceStack]]] = [
        *(partial(_opened_series, one) for one in found.series),
        *(partial(open_volume, volume) for volume in files.volumes),
    ]
    for number, opener in enumerate(openers, start=1):
        several = len(openers) > 1
        titled = Prefixed(progress, f"series {number} of {len(openers)}") if several else progress
        with ExitStack() as held:
            try:
                stack = held.enter_context(opener())
            except ReadError as error:
                volume = files.volumes[number - 1 - len(found.series)]
                reason = str(error).removeprefix(f"{volume}: ")
                yield LeftOutFiles.damaged(files.name(volume), reason)
                continue
            for outcome in predict_stack(stack, context, origin=path, progress=titled):
                if maker and isinstance(outcome, SeriesAnswer):
                    outcome = maker.add(outcome)
                yield _named(outcome, files)


def _opened_series(series: CtSeries) -> AbstractContextManager[SliceStack]:
    return nullcontext(DicomStack(series))


def _named(outcome: SeriesAnswer | LeftOutFiles, files: SeriesFiles) -> SeriesAnswer | LeftOutFiles:
    """Return an outcome with the files of a zip called by their names in it."""
    if not files.names:
        return outcome
    if isinstance(outcome, LeftOutFiles):
        return replace(outcome, paths=tuple(map(files.name, outcome.paths)))
    slices = tuple(replace(one, path=files.name(one.path)) for one in outcome.slices)
    return replace(outcome, path=files.name(outcome.path), slices=slices)


def _sorted(paths: Sequence[Path], progress: Progress) -> SortedFiles:
    """Sort DICOM files into series and report how far it is."""
    done = count(1)
    return sort_into_series(
        paths, step=lambda: progress.advance("sorting files", next(done), len(paths))
    )
