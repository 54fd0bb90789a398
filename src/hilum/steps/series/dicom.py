"""The DICOM objects of an answer: report, heatmaps and pictures, in a folder of their own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from pydicom import Dataset

from hilum.cam_maps import LOGITS
from hilum.dicom_out import (
    MappedSlice,
    ResultContext,
    SeriesResult,
    parametric_map,
    secondary_capture,
    structured_report,
)
from hilum.engines import ExportedRun
from hilum.readers.dicom.header import open_dicom, read_header
from hilum.readers.quiet import WITHOUT_WARNINGS
from hilum.readers.series import SliceHeader
from hilum.report.maps.heatmap import Caption, Scale, draw_heatmap
from hilum.run import Run
from hilum.run.environment import version
from hilum.steps.series.answer import SeriesAnswer, TopSlice
from hilum.storage.file_hash import hash_of

__all__ = ["NO_DICOM", "result_context", "write_dicom"]

NO_DICOM = "No DICOM objects: a NIfTI volume has neither patient nor study."


def result_context(source: Run | ExportedRun, uid_root: str) -> ResultContext:
    """Return what all objects of a run have in common.

    Args:
        source: the run.
        uid_root: as `hilum.dicom_out.check_uid_root` returns it.
    """
    if isinstance(source, ExportedRun):
        weights = hash_of(source.path)
    else:
        weights = "+".join(hash_of(member.weights_file) for member in source.answering())
    description = source.description
    network = str(description.content.get("timm") or description.kind)
    return ResultContext(description.title or "hilum", network, version(), weights, uid_root)


def write_dicom(answer: SeriesAnswer, folder: Path, context: ResultContext) -> list[Path]:
    """Write the objects of an answer into a new folder; return their files.

    `report.dcm` is a Structured Report, `heatmap.dcm` a Parametric Map (where there are maps), and
    `picture-1.dcm` and so on Secondary Captures of the top slices.

    Args:
        answer: of a DICOM series.
        folder: is made where it is missing.
        context: the run.

    Raises:
        ReadError: a file of the series can't be read any more.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with WITHOUT_WARNINGS:
        result = _result(answer)
        objects = {"report.dcm": structured_report(result, context)}
        heatmap = parametric_map(result, context)
        if heatmap is not None:
            objects["heatmap.dcm"] = heatmap
        series_uid = context.new_uid()
        for number, one in enumerate(result.top, start=1):
            objects[f"picture-{number}.dcm"] = secondary_capture(
                one, context, series_uid=series_uid, number=number
            )
        for name, written in objects.items():
            written.save_as(folder / name, enforce_file_format=True)
    return [folder / name for name in objects]


def _result(answer: SeriesAnswer) -> SeriesResult:
    assert answer.source is not None, "a NIfTI volume has no headers"
    headers = answer.source.slices
    predicted = [
        _reference(headers[index])
        for index, one in enumerate(answer.slices)
        if one.probability is not None
    ]
    largest = max((float(t.cam_map.max()) for t in answer.top if t.cam_map is not None), default=0)
    return SeriesResult(
        predicted=answer.predicted,
        positive=answer.positive,
        probabilities=answer.probabilities,
        calibrated=answer.calibrated,
        joined=answer.joined,
        trust=[line for line in (answer.trust or answer.verdict,) if line],
        slices=predicted,
        top=[_mapped(answer, one, headers[one.index], largest) for one in answer.top],
        map_title=answer.map_title,
        map_unit=answer.map_unit,
    )


def _reference(header: SliceHeader) -> Dataset:
    """Return what a reference to a slice needs."""
    dataset = Dataset()
    dataset.SOPClassUID, dataset.SOPInstanceUID = header.sop_class, header.sop
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = header.study, header.series
    return dataset


def _mapped(
    answer: SeriesAnswer, top: TopSlice, header: SliceHeader, largest: float
) -> MappedSlice:
    """Return a top slice with its header, its map in the file's pixels, and its picture."""
    with open_dicom(header.path) as file:
        dataset = read_header(file)
    probability = float(answer.slices[top.index].probability or 0.0)
    cam_map = top.cam_map
    shown = np.zeros(top.grey.shape, np.float32) if cam_map is None else np.nan_to_num(cam_map)
    unit = answer.map_unit or LOGITS
    picture = draw_heatmap(
        top.grey, shown, scale=Scale(largest, unit), boxes=[],
        caption=Caption(
            f"{answer.map_title or 'No map'} for {answer.positive}. Probability of "
            f"{answer.positive}: {probability:.2f}",
            f"Slice {top.index + 1} of {len(answer.slices)}. Series called {answer.predicted}",
            "",
        ),
    )  # fmt: skip
    stored = None if cam_map is None else np.ascontiguousarray(top.turn.undo(cam_map))
    return MappedSlice(
        dataset, probability,
        None if stored is None else np.asarray(stored, dtype=np.float32),
        np.asarray(picture.convert("RGB"), dtype=np.uint8),
        frame=header.frame + 1 if int(dataset.get("NumberOfFrames", 1)) > 1 else 0,
    )  # fmt: skip
