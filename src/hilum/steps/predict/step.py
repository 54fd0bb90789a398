"""Predict: files and folders in, one row a slice out, as a stream of bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from hilum.engines import ExportedRun
from hilum.readers import LUNG, Window, parse_window
from hilum.run import Run, open_run
from hilum.steps.predict.decision import decision_of
from hilum.steps.predict.engine import check_engine, open_engine
from hilum.steps.predict.inputs import Found, in_parts, refuse_missing
from hilum.steps.predict.stream import Predicted, Question, Refused

__all__ = ["Found", "Predicted", "Refused", "ask", "open_source", "predict"]


def predict(
    run: Run | ExportedRun | Path | str,
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
        run: a finished run or its folder, or a file of `hilum export`.
        paths: slices, slice tables (.csv), and folders, which are searched below; or just one.
        window: how Hounsfield units are shown to the network where a table's row does not say
            so in its column `window`; without it the one that the network was trained on, if it
            was one, else the lung window.
        threshold: from which probability on the positive class is called: a number, or the name
            of one of the run's operating points, such as `youden`; without it the most probable
            class is called. Below it, the most probable of the other classes is.
        engine: what computes the network, see `hilum.steps.predict.engine.ENGINES`.
        found: counts what is passed over in folders, and keeps remarks.

    Raises:
        UsageError: a path does not exist, or the threshold is none (before anything is predicted).
        RunError: the run is not whole.
    """
    source, found = open_source(run), found or Found()
    wanted = as_paths(paths)
    refuse_missing(wanted)
    question = ask(source, window=window, threshold=threshold, engine=engine)
    found.remarks.extend(remarks_of(question))
    for answered in question.answer(in_parts(found.listed(wanted))):
        yield from answered.outcomes
        if answered.last:
            found.pass_over(answered.passed_over)


def as_paths(paths: Path | str | Iterable[Path | str]) -> list[Path]:
    """Return one path or several as a list."""
    return [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]


def open_source(run: Run | ExportedRun | Path | str) -> Run | ExportedRun:
    """Return what can be asked: a run, the run in a folder, or a file of `hilum export`.

    Raises:
        UsageError: there is no such folder, or it is no run folder.
        RunError: the run is not whole, or hilum didn't write the file.
    """
    if isinstance(run, Run | ExportedRun):
        return run
    path = Path(run)
    if path.suffix != ".onnx" or not path.is_file():
        return open_run(path)
    beside = Run(path.parent)
    return open_run(path.parent) if path == beside.onnx_file else ExportedRun.open(path)


def ask(
    source: Run | ExportedRun,
    *,
    window: Window | None = None,
    threshold: float | str | None = None,
    engine: str = "auto",
) -> Question:
    """Return the question that `predict` asks of each slice; see there.

    Raises:
        UsageError: the threshold is none of the run's, or there is no such engine.
        RunError: the run is not whole.
    """
    check_engine(engine)
    decision = decision_of(source, threshold)
    trained = [parse_window(text) for text in source.description.windows]
    shown = window or (trained[0] if len(trained) == 1 else LUNG)
    return Question(open_engine(source, engine), decision, shown, trained)


def remarks_of(question: Question) -> list[str]:
    """Return what the user must know of how a question is answered, in sentences."""
    remark = question.opened.remark
    return [*question.decision.remarks, *([remark] if remark else [])]
