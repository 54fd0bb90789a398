"""The report refers to its slices by DICOM's own codes where there are some."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import CTImageStorage

from hilum.dicom_out import MappedSlice, ResultContext, SeriesResult, structured_report
from hilum.dicom_out.class_codes import class_code, probability_code


def header(uid: str) -> Dataset:
    """Return as little of a header as an archive may leave."""
    made = Dataset()
    made.SOPClassUID, made.SOPInstanceUID = CTImageStorage, uid
    made.StudyInstanceUID, made.SeriesInstanceUID = "1.2.1", "1.2.2"
    return made


def result(*names: str) -> SeriesResult:
    shares = dict.fromkeys(names, 1 / len(names))
    top = MappedSlice(header("1.2.3"), 0.5, None, np.zeros((4, 4, 3), np.uint8))
    return SeriesResult(
        names[0], names[0], shares, None, "mean", ("How far?",), [header("1.2.3"), header("1.2.4")],
        [top], "", "",
    )  # fmt: skip


def test_a_header_without_patient_and_study_details_is_enough() -> None:
    report = structured_report(result("cancer", "normal"), ResultContext("Net", "net", "1", "ab"))
    assert (report.StudyInstanceUID, report.PatientID, report.StudyID) == ("1.2.1", "", "")
    study = report.CurrentRequestedProcedureEvidenceSequence[0]
    sops = study.ReferencedSeriesSequence[0].ReferencedSOPSequence
    assert [one.ReferencedSOPInstanceUID for one in sops] == ["1.2.3", "1.2.4"]


def test_classes_that_dicom_knows_have_its_codes() -> None:
    assert class_code("cancer") == codes.SCT.LungCancer
    assert class_code("normal") == codes.SCT.Normal
    assert probability_code("cancer") == codes.DCM.ProbabilityOfCancer


@pytest.mark.parametrize("name", ["pneumonia", "a very long name of a class of this study", "ödem"])
def test_other_classes_have_a_private_code_that_fits(name: str) -> None:
    code = class_code(name)
    assert (code.scheme_designator, code.meaning) == ("99HILUM", name)
    assert len(code.value) <= 16
    assert class_code(name) == class_code(name) != class_code(name + "x")
    assert probability_code(name).meaning == f"Probability of {name}"
