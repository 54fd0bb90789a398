"""Predict: files and folders in, one outcome per slice out, as a stream in bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from hilum.engines import ExportedRun
from hilum.readers import LUNG, Window, parse_window
from hilum.run import Run, open_run
from hilum.steps.predict.decision import decision_of
from hilum.steps.predict.engine import check_engine, open_engine
from hilum.steps.predict.inputs import InputFiles, into_shards, refuse_missing
from hilum.steps.predict.options import PredictionSummary, PredictOptions, chosen_options
from hilum.steps.predict.outcome import Predicted, Refused
from hilum.steps.predict.stream import Predictor
from hilum.steps.predict.verdict import verdict_of

__all__ = ["as_paths", "make_predictor", "open_source", "predict", "remarks_of"]


def predict(
    run: Run | ExportedRun | Path | str,
    paths: Path | str | Iterable[Path | str],
    *,
    options: PredictOptions | None = None,
    window: Window | None = None,
    threshold: float | str | None = None,
    engine: str | None = None,
    summary: PredictionSummary | None = None,
) -> Iterator[Predicted | Refused]:
    """Yield the prediction of each slice, in the order of the paths.

    A file that can't be read is yielded as Refused, and prediction continues; each frame of a
    multi-frame file is a slice of its own. Memory does not grow with the number of slices.

    Args:
        run: a finished run or its folder, or a file of `hilum export`.
        paths: slices, slice tables (.csv), and folders, which are searched recursively; or just
            one.
        options: window, threshold and engine in one object.
        window: the grey-level window, instead of the run's own; like the next two it is a field
            of `PredictOptions`, whose default holds when it is not given.
        threshold: a number or the name of a rule, see `PredictOptions`.
        engine: the engine that computes the network, see `PredictOptions`.
        summary: counts the outcomes; its verdict and remarks are set before the first one.

    Raises:
        UsageError: a path does not exist, the threshold is none, or both `options` and a keyword
            are given (before anything is predicted).
        RunError: the run is incomplete.
    """
    chosen = chosen_options(options, window=window, threshold=threshold, engine=engine)
    source, counts = open_source(run), summary or PredictionSummary()
    files = InputFiles(as_paths(paths))
    refuse_missing(files.paths)
    predictor = make_predictor(source, chosen)
    counts.verdict = verdict_of(source).line()
    counts.remarks.extend(remarks_of(predictor))
    for batch in predictor.stream(into_shards(files)):
        for outcome in batch.outcomes:
            counts.count(outcome)
            yield outcome
        if batch.last:
            counts.add(passed_over=batch.passed_over)
    counts.linked_folders = files.linked_folders


def as_paths(paths: Path | str | Iterable[Path | str]) -> list[Path]:
    """Return one path or several as a list."""
    return [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]


def open_source(run: Run | ExportedRun | Path | str) -> Run | ExportedRun:
    """Open what can predict: a run, the run in a folder, or a file of `hilum export`.

    Raises:
        UsageError: there is no such folder, or it is no run folder.
        RunError: the run is incomplete, or hilum didn't write the file.
    """
    if isinstance(run, Run | ExportedRun):
        return run
    path = Path(run)
    if path.suffix != ".onnx" or not path.is_file():
        return open_run(path)
    is_of_run = path == Run(path.parent).onnx_file
    return open_run(path.parent) if is_of_run else ExportedRun.open(path)


def make_predictor(source: Run | ExportedRun, options: PredictOptions) -> Predictor:
    """Load a run's networks for prediction with the given options.

    Raises:
        UsageError: the threshold is none of the run's, or there is no such engine.
        RunError: the run is incomplete.
    """
    check_engine(options.engine)
    decision = decision_of(source, options.threshold, options.pair)
    trained = [parse_window(text) for text in source.description.windows]
    window = options.window or (trained[0] if len(trained) == 1 else LUNG)
    return Predictor(
        open_engine(source, options.engine), decision, window, trained,
        harmonised=source.description.harmonise,
    )  # fmt: skip


def remarks_of(predictor: Predictor) -> list[str]:
    """Return what the user must know about how a predictor decides, in sentences."""
    remark = predictor.loaded.remark
    return [*predictor.decision.remarks, *([remark] if remark else [])]
