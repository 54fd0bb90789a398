"""What a worker does for a job: predict the series of its files, and store their pixels."""

from __future__ import annotations

import json
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hilum.errors import ReadError
from hilum.readers import LUNG, parse_window
from hilum.readers.series import LeftOutFiles
from hilum.readers.series.archive import DAMAGED_ZIP, check_zip_size
from hilum.server.answering import AnsweringRun, pixels_of
from hilum.server.answers import (
    JobResult,
    LeftOutAnswer,
    RunResult,
    SeriesPrediction,
    SliceScore,
    VerdictAnswer,
)
from hilum.server.dicomweb.headers import describe_object
from hilum.steps.predict.verdict import verdict_of
from hilum.steps.series import SeriesAnswer, SeriesOptions, SeriesSlice, predict_series
from hilum.steps.series.reading import DicomStack, SliceStack, open_volume

__all__ = ["Report", "SeriesJob", "objects_file", "objects_list", "pixels_file"]

MOST_UNPACKED_BYTES = 4 * 2**30
REPORT_SECONDS = 0.2
OBJECTS = "objects"

Report = Callable[[str, int, int], None]


def pixels_file(folder: Path, series: int, index: int) -> Path:
    """Return where the pixels of a slice lie in a job's folder."""
    return folder / f"series-{series}" / f"slice-{index}.json"


def objects_file(folder: Path) -> Path:
    """Return where the zip of DICOM objects lies in a job's folder."""
    return folder / "objects.zip"


def objects_list(folder: Path) -> Path:
    """Return where the descriptions of the DICOM objects lie, see `describe_object`."""
    return folder / "objects.json"


class SeriesJob:
    """One job: its files are predicted by each of its runs.

    Args:
        runs: that answer, at least one.
        request: `files` (paths), `names` (what the client calls them), `folder` (of the job),
            `most` (files of a zip), `window` and `threshold` (text or None), `top`, `dicom`
            (whether to write DICOM objects).
        report: receives task, done, total.
    """

    def __init__(
        self, runs: Sequence[AnsweringRun], request: dict[str, Any], report: Report
    ) -> None:
        self.runs, self.request, self.report = runs, request, _Throttled(report)
        self.files = [Path(path) for path in request["files"]]
        self.names = dict(zip(map(str, self.files), request["names"], strict=True))
        self.folder = Path(request["folder"])

    def answer(self) -> bytes:
        """Return the result as JSON.

        Raises:
            ReadError: a zip has too many files or is too large, or nothing of it is a series.
            UsageError: an option is none.
        """
        for file in self.files:
            _check_zip(file, int(self.request["most"]))
        results = [self._of_run(run, first=not number) for number, run in enumerate(self.runs)]
        if self.request["dicom"]:
            _pack(self.folder / OBJECTS, objects_file(self.folder))
        return JobResult(runs=results).model_dump_json().encode()

    def _of_run(self, run: AnsweringRun, *, first: bool) -> RunResult:
        window = self.request["window"]
        options = SeriesOptions(
            window=parse_window(window) if window else run.predictor.window,
            threshold=self.request["threshold"], top=int(self.request["top"]),
            engine=run.predictor.loaded.name,
            maps=bool(self.request["dicom"]) and run.can_explain,
        )  # fmt: skip
        found: list[SeriesPrediction] = []
        left_out: list[LeftOutAnswer] = []
        source = run.source.run
        paths = self.files if len(self.files) == 1 else [self.files[0].parent]
        for outcome in predict_series(source, paths, options=options, progress=self.report):
            if isinstance(outcome, LeftOutFiles):
                left_out.append(
                    LeftOutAnswer(
                        files=[self._name(path) for path in outcome.paths],
                        reason=outcome.reason,
                        series_instance_uid=outcome.series,
                    )
                )
                continue
            if first:
                self._store_pixels(len(found), outcome)
            if self.request["dicom"] and outcome.source is not None:
                self._write_objects(run, len(found), outcome)
            found.append(self._series(outcome))
        return RunResult(
            model=run.source.name, title=source.description.title,
            verdict=VerdictAnswer(**verdict_of(source)._asdict()), series=found, left_out=left_out,
        )  # fmt: skip

    def _series(self, answer: SeriesAnswer) -> SeriesPrediction:
        return SeriesPrediction(
            series_instance_uid=answer.series_instance_uid, kernel=answer.kernel,
            predicted=answer.predicted, positive=answer.positive,
            probabilities=answer.probabilities, calibrated=answer.calibrated,
            threshold=answer.threshold, joined=answer.joined,
            slices=[self._slice(one) for one in answer.slices],
            top=[one.index for one in answer.top], notes=list(answer.notes),
            remarks=list(answer.remarks), trust=answer.trust,
        )  # fmt: skip

    def _slice(self, one: SeriesSlice) -> SliceScore:
        return SliceScore(
            file=self._name(one.path), frame=one.frame, sop_instance_uid=one.sop_instance_uid,
            position_mm=one.position, lung_share=one.lung_share, probability=one.probability,
            reason=one.reason,
        )  # fmt: skip

    def _name(self, path: Path) -> str:
        """Return what the client calls a file; one in a zip by its name in it."""
        for file, name in self.names.items():
            if str(path) == file:
                return str(name)
            if path.is_relative_to(file):
                return path.relative_to(file).as_posix()
        return path.name

    def _write_objects(self, run: AnsweringRun, series: int, answer: SeriesAnswer) -> None:
        """Write the DICOM objects of an answer."""
        from hilum.steps.series.dicom import result_context, write_dicom  # the extra `dicom`

        folder = self.folder / OBJECTS / run.source.name / f"series-{series}"
        write_dicom(answer, folder, result_context(run.source.run, ""))

    def _store_pixels(self, series: int, answer: SeriesAnswer) -> None:
        """Write the pixels of each slice, for clients that show them."""
        with _stack_of(answer) as stack:
            if stack is not None:
                self._store_slices(series, stack, len(answer.slices))

    def _store_slices(self, series: int, stack: SliceStack, count: int) -> None:
        pixels_file(self.folder, series, 0).parent.mkdir()
        for index in range(count):
            try:
                image = stack.read(index, LUNG)
            except ReadError:
                continue  # its reason stands in the answer
            text = pixels_of(image).model_dump_json()
            pixels_file(self.folder, series, index).write_text(text, encoding="ascii")
            self.report.advance("preparing slices", index + 1, count)


class _Throttled:
    """Progress that is reported a few times a second."""

    def __init__(self, report: Report) -> None:
        self._report, self._last = report, 0.0

    def advance(self, task: str, done: int, total: int) -> None:
        """Report how far it is."""
        if time.monotonic() - self._last >= REPORT_SECONDS or done == total:
            self._last = time.monotonic()
            self._report(task, done, total)

    def say(self, sentence: str) -> None:
        """Sentences are part of the answer."""


@contextmanager
def _stack_of(answer: SeriesAnswer) -> Iterator[SliceStack | None]:
    """Yield the slices of an answer's series; None where its volume lies in a zip."""
    if answer.source is not None:
        yield DicomStack(answer.source)
    elif answer.path.is_file():
        with open_volume(answer.path) as stack:
            yield stack
    else:
        yield None


def _pack(folder: Path, target: Path) -> None:
    """Write the files below a folder into a zip, and what they are into a list next to it."""
    listed = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*.dcm")):
            archive.write(path, path.relative_to(folder).as_posix())
            listed.append(describe_object(path))
    objects_list(target.parent).write_text(json.dumps(listed), encoding="utf-8")


def _check_zip(file: Path, most: int) -> None:
    """Refuse a zip of too many files, or of too many bytes once unpacked.

    Raises:
        ReadError: as above; or its index is broken.
    """
    if not zipfile.is_zipfile(file):
        return
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except DAMAGED_ZIP as error:
        raise ReadError(f"the zip is damaged ({error}).") from None
    check_zip_size(
        entries, most=most, most_bytes=MOST_UNPACKED_BYTES, here=" here", remedy="send less"
    )
