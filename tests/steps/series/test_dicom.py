"""The DICOM objects of an answer are valid, say what the answer says, and lie where they belong."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import highdicom as hd
import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.sr.codedict import codes

from hilum import SeriesAnswer, SeriesOptions, predict_series
from hilum.dicom_out import ResultContext, check_uid_root
from hilum.errors import UsageError
from hilum.run import Run
from hilum.steps.series.dicom import write_dicom

CONTEXT = ResultContext("MobileNetV2", "mobilenetv2_100", "0.1.0", "a1b2", "1.2.826.0.1.99.")
SQUARE = (slice(20, 30), slice(60, 75))
"""Rows and columns of the planted square, in upright pixels."""

ORIENTATIONS = {
    "p0001": None,  # as drawn
    "p0003": None,  # tilted by 12 degrees
    "turned": [-1, 0, 0, 0, -1, 0],  # stored upside down
    "transposed": [0, 1, 0, 1, 0, 0],
}


def series_of(studies: Path, kind: str, folder: Path) -> Path:
    if ORIENTATIONS[kind] is None:
        return studies / kind / "lung"
    copied = Path(shutil.copytree(studies / "p0001" / "lung", folder / kind))
    for file in copied.iterdir():
        dataset = dcmread(file)
        dataset.ImageOrientationPatient = ORIENTATIONS[kind]
        dataset.save_as(file)
    return copied


def answer_with_square(run: Run, folder: Path) -> SeriesAnswer:
    """Return an answer whose top slices all have a square of 2 in their map, on 0."""
    (answer,) = predict_series(run, folder, options=SeriesOptions(top=3))
    assert isinstance(answer, SeriesAnswer)
    planted = []
    for one in answer.top:
        cam_map = np.zeros(one.grey.shape, np.float32)
        cam_map[SQUARE] = 2
        planted.append(replace(one, cam_map=cam_map))
    return replace(answer, top=tuple(planted), map_unit="logits", map_title="Grad-CAM")


def in_patient(corner: object, cosines: object, spacing: object, at: tuple[float, float]) -> object:
    """Return the point (3,) of a row and column, mm (PS3.3 C.7.6.2.1.1)."""
    row, column = at
    along, down = np.reshape(np.array(cosines, dtype=float), (2, 3))
    rows_mm, columns_mm = (float(side) for side in spacing)  # type: ignore[attr-defined]
    start = np.array(corner, dtype=float)
    return start + along * columns_mm * column + down * rows_mm * row


@pytest.fixture(scope="module")
def objects(
    studies: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[SeriesAnswer, dict[str, Path]]:
    """An answer, and the files of its objects."""
    from ct_studies import Brightness, make_described_run

    from hilum.steps.predict import step
    from hilum.steps.predict.engine import LoadedEngine

    folder = tmp_path_factory.mktemp("objects")
    run = make_described_run(folder / "run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(step, "open_engine", lambda *_: LoadedEngine("onnx", [Brightness()]))
        answer = answer_with_square(run, studies / "p0001" / "lung")
    answer = replace(answer, calibrated={"cancer": 0.25, "pneumonia": 0.75})
    return answer, {one.stem: one for one in write_dicom(answer, folder / "out", CONTEXT)}


def test_each_object_passes_dciodvfy_without_an_error(
    objects: tuple[SeriesAnswer, dict[str, Path]],
) -> None:
    checker = Path(sys.executable).with_name("dciodvfy")
    if not checker.exists():
        pytest.skip("dciodvfy (dicom3tools) is not installed")
    for file in objects[1].values():
        found = subprocess.run([checker, file], capture_output=True, text=True, check=False)
        errors = [line for line in found.stderr.splitlines() if line.startswith("Error")]
        assert (file.name, errors) == (file.name, [])
        assert any(kind in found.stderr for kind in ("SR", "ParametricMap", "SCImage"))


def test_study_patient_and_frame_are_the_sources_and_uids_are_new(
    objects: tuple[SeriesAnswer, dict[str, Path]],
) -> None:
    answer, files = objects
    source = dcmread(answer.path)
    written = [dcmread(file) for file in files.values()]
    assert {one.StudyInstanceUID for one in written} == {source.StudyInstanceUID}
    assert {one.PatientID for one in written} == {source.PatientID}
    assert dcmread(files["heatmap"]).FrameOfReferenceUID == source.FrameOfReferenceUID
    uids = [one.SOPInstanceUID for one in written]
    assert len(set(uids)) == len(uids) == 5
    assert all(uid.startswith("1.2.826.0.1.99.") for uid in uids)
    assert len({one.SeriesInstanceUID for one in written}) == 3
    assert all("Research use only" in one.SeriesDescription for one in written)


def items(node: Dataset) -> list[Dataset]:
    """Return all content items below a node."""
    found = list(node.get("ContentSequence", []))
    return found + [deeper for item in found for deeper in items(item)]


def test_the_report_says_class_probabilities_model_and_slices(
    objects: tuple[SeriesAnswer, dict[str, Path]],
) -> None:
    answer, files = objects
    report = hd.sr.srread(files["report"])
    assert report.ContentTemplateSequence[0].TemplateIdentifier == "1500"
    groups = report.content.get_image_measurement_groups()
    assert len(groups) == 1 + len(answer.top)
    (evaluation,) = groups[0].get_qualitative_evaluations(codes.SCT.Classification)
    assert evaluation.value.meaning == {"cancer": "Lung cancer", "pneumonia": "pneumonia"}[
        answer.predicted
    ]  # fmt: skip
    values = {one.name.meaning: (one.value, one.unit.value) for one in groups[0].get_measurements()}
    assert values == {
        "Probability of cancer": (pytest.approx(answer.probability, abs=1e-6), "1"),
        "Probability of pneumonia": (pytest.approx(1 - answer.probability, abs=1e-6), "1"),
    }
    all_items = items(report)
    texts = [str(item.get("TextValue", "")) for item in all_items]
    assert "Research use only. Not a medical device." in texts
    assert "Calibrated on validation series: cancer 0.2500, pneumonia 0.7500" in texts
    assert CONTEXT.run_uid in [str(item.get("UID", "")) for item in all_items]
    assert "0.1.0" in texts
    referenced = {
        item.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
        for item in all_items
        if "ReferencedSOPSequence" in item
    }
    assert referenced == {answer.slices[one.index].sop_instance_uid for one in answer.top}
    evidence = report.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    assert len(evidence.ReferencedSOPSequence) == answer.predicted_slices


def test_the_run_has_one_uid_whatever_it_predicts() -> None:
    assert CONTEXT.run_uid == replace(CONTEXT, title="other").run_uid
    assert CONTEXT.run_uid != replace(CONTEXT, weights="other").run_uid
    assert CONTEXT.new_uid() != CONTEXT.new_uid()
    assert replace(CONTEXT, uid_root="").new_uid().startswith("2.25.")


@pytest.mark.parametrize("kind", ORIENTATIONS)
def test_a_planted_square_lies_where_it_belongs_in_the_patient(
    kind: str, studies: Path, quick_run: Run, tmp_path: Path
) -> None:
    answer = answer_with_square(quick_run, series_of(studies, kind, tmp_path))
    files = {one.stem: one for one in write_dicom(answer, tmp_path / "out", CONTEXT)}
    heatmap = dcmread(files["heatmap"])
    assert heatmap.ContentLabel == "HEATMAP"
    again = hd.imread(files["heatmap"])
    assert again.coordinate_system == hd.CoordinateSystemNames.PATIENT
    sops = {str(sop) for _, _, sop in again.get_source_image_uids()}
    assert sops == {answer.slices[one.index].sop_instance_uid for one in answer.top}
    mapping = heatmap.SharedFunctionalGroupsSequence[0].RealWorldValueMappingSequence[0]
    assert (mapping.RealWorldValueSlope, mapping.RealWorldValueIntercept) == (1, 0)
    by_uid = {one.sop_instance_uid: one for one in answer.slices}
    assert heatmap.NumberOfFrames == 3
    shared = heatmap.SharedFunctionalGroupsSequence[0]
    for frame, values in zip(
        heatmap.PerFrameFunctionalGroupsSequence, heatmap.pixel_array, strict=True
    ):
        derived = frame.DerivationImageSequence[0].SourceImageSequence[0]
        source = dcmread(by_uid[derived.ReferencedSOPInstanceUID].path)
        assert values.shape == (source.Rows, source.Columns)
        centre = tuple(float(index.mean()) for index in np.nonzero(values == 2))
        found = in_patient(
            frame.PlanePositionSequence[0].ImagePositionPatient,
            shared.PlaneOrientationSequence[0].ImageOrientationPatient,
            shared.PixelMeasuresSequence[0].PixelSpacing, centre,
        )  # fmt: skip
        middle = tuple((s.start + s.stop - 1) / 2 for s in SQUARE)
        rows, columns = source.Rows - 1, source.Columns - 1
        stored = {
            "turned": (rows - middle[0], columns - middle[1]), "transposed": middle[::-1],
        }.get(kind, middle)  # fmt: skip
        expected = in_patient(
            source.ImagePositionPatient, source.ImageOrientationPatient, source.PixelSpacing,
            stored,
        )  # fmt: skip
        assert np.allclose(found, expected, atol=1e-3)  # type: ignore[call-overload]
        assert int((values == 2).sum()) == 150


def test_pictures_are_of_the_top_slices_and_warn_in_their_pixels_and_header(
    objects: tuple[SeriesAnswer, dict[str, Path]],
) -> None:
    answer, files = objects
    for number, one in enumerate(answer.top, start=1):
        picture = dcmread(files[f"picture-{number}"])
        assert picture.ImageComments == "Research use only. Not a medical device."
        (source,) = picture.SourceImageSequence
        assert source.ReferencedSOPInstanceUID == answer.slices[one.index].sop_instance_uid
        assert picture.pixel_array.std() > 10


@pytest.mark.parametrize("root", ["1.2.x", "1..2", "1", "01.2", "1." * 40 + "1"])
def test_a_root_that_is_none_is_refused(root: str) -> None:
    with pytest.raises(UsageError, match="a UID root is numbers joined by points"):
        check_uid_root(root)


def test_a_root_gets_its_point() -> None:
    assert [check_uid_root(root) for root in ("1.2.3", "1.2.3.", "")] == ["1.2.3.", "1.2.3.", ""]
