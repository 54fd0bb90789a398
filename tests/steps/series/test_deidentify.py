"""De-identified copies hold nothing of the patient, and what may still identify is named."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pydicom import Dataset, dcmread
from pydicom.sr.codedict import codes

from hilum import SeriesAnswer, predict_series
from hilum.dicom_out import ResultContext
from hilum.errors import UsageError
from hilum.run import Run
from hilum.steps.series.deidentify import DeidentifiedCopies
from hilum.steps.series.dicom import write_dicom
from hilum.steps.series.write import SeriesOutput, write_series

SECRET = "Smith"


@pytest.fixture
def named_series(studies: Path, tmp_path: Path) -> Path:
    """A series with a name, an id, dates, a physician in a sequence and a private attribute."""
    folder = Path(shutil.copytree(studies / "p0001" / "lung", tmp_path / "named"))
    for file in folder.iterdir():
        dataset = dcmread(file)
        dataset.PatientName, dataset.PatientID = f"{SECRET}^John", f"{SECRET}-17"
        dataset.PatientBirthDate, dataset.StudyDescription = "19500102", f"for {SECRET}"
        item = Dataset()
        item.CodeMeaning, item.RequestingPhysician = "x", SECRET
        dataset.RequestAttributesSequence = [item]
        dataset.private_block(0x0019, SECRET, create=True).add_new(1, "LO", SECRET)
        dataset.save_as(file)
    return folder


def test_copies_and_objects_hold_nothing_of_the_patient_and_agree_with_each_other(
    named_series: Path, quick_run: Run, tmp_path: Path
) -> None:
    (answer,) = predict_series(quick_run, named_series)
    assert isinstance(answer, SeriesAnswer)
    out = tmp_path / "out"
    out.mkdir()
    copies = DeidentifiedCopies(out)
    about = copies.copy(answer, out / "slices")
    files = write_dicom(about, out, ResultContext("Net", "net", "0.1", "ab"))
    left = copies.finish()
    written = sorted(out.rglob("*.dcm"))
    assert len(written) == len(answer.slices) + len(files)
    for file in [*written, out / "deidentified.json"]:
        assert SECRET.encode() not in file.read_bytes(), file.name
        assert b"1950" not in file.read_bytes(), file.name
    slices = [dcmread(file) for file in (out / "slices").iterdir()]
    old = dcmread(answer.path)
    assert {one.StudyInstanceUID for one in slices} == {dcmread(files[0]).StudyInstanceUID}
    assert old.StudyInstanceUID != slices[0].StudyInstanceUID
    assert len({one.FrameOfReferenceUID for one in slices}) == 1
    assert {one.SOPInstanceUID for one in slices} == {one.sop_instance_uid for one in about.slices}
    for one in slices:
        assert one.PatientIdentityRemoved == "YES"
        code = one.DeidentificationMethodCodeSequence[0]
        assert code.CodeValue == codes.DCM.BasicApplicationConfidentialityProfile.value
    assert any("surface can be rendered" in sentence for sentence in left)
    content = json.loads((out / "deidentified.json").read_text())
    assert content["removed"]["StudyDescription"] == len(answer.slices)
    assert content["replaced"]["PatientName"] == len(answer.slices)
    assert content["library"].startswith("dicom-anonymizer 2.")
    checker = Path(sys.executable).with_name("dciodvfy")
    if checker.exists():
        found = subprocess.run(
            [checker, out / "slices" / "0001.dcm"], capture_output=True, text=True, check=False
        )
        assert "Error" not in found.stderr


def test_the_pixels_stay_as_they_were(named_series: Path, quick_run: Run, tmp_path: Path) -> None:
    (answer,) = predict_series(quick_run, named_series)
    assert isinstance(answer, SeriesAnswer)
    about = DeidentifiedCopies(tmp_path).copy(answer, tmp_path / "slices")
    for old, new in zip(answer.slices, about.slices, strict=True):
        assert dcmread(old.path).PixelData == dcmread(new.path).PixelData


def test_deidentify_needs_objects_to_be_about(quick_run: Run, studies: Path) -> None:
    with pytest.raises(UsageError, match="--deidentify is about the objects of --dicom DIR"):
        write_series(quick_run, studies, output=SeriesOutput(deidentify=True))
