"""Series are told apart, ordered and predicted; everything else is left out with its reason."""

from __future__ import annotations

import gzip
import os
import shutil
import stat
import zipfile
from pathlib import Path
from types import SimpleNamespace

import nibabel as nib
import numpy as np
import pytest
from ct_studies import SLICES, make_described_run
from hypothesis import given, settings
from hypothesis import strategies as st
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import EnhancedCTImageStorage, ExplicitVRLittleEndian

from hilum import Predicted, SeriesAnswer, SeriesOptions, predict, predict_series
from hilum.dicom_out import ResultContext
from hilum.errors import UsageError
from hilum.readers import Window, read_slice
from hilum.readers.series import LeftOutFiles, sort_into_series
from hilum.readers.series.sort import POSITIONLESS
from hilum.run import Run
from hilum.steps.series.dicom import write_dicom
from hilum.steps.series.maps import MapMaker

Outcomes = tuple[list[SeriesAnswer], list[LeftOutFiles]]


def outcomes(run: Run, *paths: Path, options: SeriesOptions | None = None) -> Outcomes:
    found = list(predict_series(run, list(paths), options=options))
    answers = [one for one in found if isinstance(one, SeriesAnswer)]
    return answers, [one for one in found if isinstance(one, LeftOutFiles)]


def reasons(left_out: list[LeftOutFiles]) -> dict[str, str]:
    return {path.name: one.reason for one in left_out for path in one.paths}


def lung_series(studies: Path, folder: Path, patient: str = "p0001") -> Path:
    """Return a copy of one axial series, to spoil."""
    return Path(shutil.copytree(studies / patient / "lung", folder))


def change(path: Path, **attributes: object) -> None:
    dataset = dcmread(path)
    for keyword, value in attributes.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    dataset.save_as(path)


def test_a_study_gives_one_answer_for_each_kernel_and_names_the_rest(
    studies: Path, quick_run: Run
) -> None:
    answers, left_out = outcomes(quick_run, studies / "p0001")
    assert sorted(one.kernel for one in answers) == ["LUNG", "SOFT"]
    assert {one.reason for one in left_out} == {
        "A coronal plane, not an axial slice.",
        "A localizer (scout view), not an axial slice.",
    }
    assert not any(one.broken for one in left_out)
    lung = next(one for one in answers if one.kernel == "LUNG")
    assert len(lung.slices) == SLICES
    places = [one.position for one in lung.slices if one.position is not None]
    assert places == sorted(places)
    given = [one.probability for one in lung.slices if one.probability is not None]
    assert 0 < len(given) < SLICES
    assert lung.probability == pytest.approx(np.mean(given))
    assert {one.reason for one in lung.slices if one.probability is None} == {"no lung in sight"}
    assert [lung.slices[one.index].probability for one in lung.top] == sorted(given)[:-5:-1]


def test_files_in_no_order_and_without_suffix_give_the_same_as_in_order(
    studies: Path, quick_run: Run, tmp_path: Path
) -> None:
    ordered = lung_series(studies, tmp_path / "ordered")
    shuffled = tmp_path / "shuffled"
    shuffled.mkdir()
    for number, file in enumerate(sorted(ordered.iterdir(), key=lambda file: file.name[::-1])):
        shutil.copy(file, shuffled / f"IM{number}")
    (one,), _ = outcomes(quick_run, ordered)
    (other,), _ = outcomes(quick_run, shuffled)
    assert [s.sop_instance_uid for s in one.slices] == [s.sop_instance_uid for s in other.slices]
    assert one.probabilities == other.probabilities


def test_gaps_and_tilts_are_noted(studies: Path, quick_run: Run) -> None:
    (gaps, _), _ = outcomes(quick_run, studies / "p0002")
    assert any(note.startswith("A gap: 1 slice is missing between") for note in gaps.notes)
    (tilted, _), _ = outcomes(quick_run, studies / "p0003")
    assert any("gantry was tilted by 12.0 degrees" in note for note in tilted.notes)


def test_one_broken_slice_is_named_and_the_rest_predicted(
    studies: Path, quick_run: Run, tmp_path: Path
) -> None:
    folder = lung_series(studies, tmp_path / "series")
    broken = folder / "0005.dcm"
    broken.write_bytes(broken.read_bytes()[:-4000])
    (answer,), (refused,) = outcomes(quick_run, folder)
    assert (refused.path, refused.broken) == (broken, True)
    assert refused.reason.startswith("The file is cut short or its header is wrong")
    assert len(answer.slices) == SLICES - 1
    assert any(note.startswith("A gap: 1 slice") for note in answer.notes)


def test_two_patients_in_one_folder_get_an_answer_each(
    studies: Path, quick_run: Run, tmp_path: Path
) -> None:
    folder = lung_series(studies, tmp_path / "series")
    for file in studies.glob("p0002/lung/*"):
        shutil.copy(file, folder / f"other-{file.name}")
        same_series = dcmread(folder / "0001.dcm").SeriesInstanceUID
        change(folder / f"other-{file.name}", SeriesInstanceUID=same_series)
    answers, left_out = outcomes(quick_run, folder)
    assert ([len(one.slices) for one in answers], left_out) == ([SLICES, SLICES - 1], [])


def test_two_kernels_under_one_uid_are_parted(
    studies: Path, quick_run: Run, tmp_path: Path
) -> None:
    folder = lung_series(studies, tmp_path / "series")
    uid = dcmread(folder / "0001.dcm").SeriesInstanceUID
    for file in studies.glob("p0001/soft/*"):
        shutil.copy(file, folder / f"soft-{file.name}")
        change(folder / f"soft-{file.name}", SeriesInstanceUID=uid)
    answers, _ = outcomes(quick_run, folder)
    assert sorted((one.kernel, len(one.slices)) for one in answers) == [
        ("LUNG", SLICES), ("SOFT", SLICES),
    ]  # fmt: skip
    assert all("holds 2 stacks of slices" in " ".join(one.notes) for one in answers)


def test_two_acquisitions_at_the_same_positions_are_parted(
    studies: Path, quick_run: Run, tmp_path: Path
) -> None:
    folder = lung_series(studies, tmp_path / "series")
    for file in sorted(folder.iterdir()):
        shutil.copy(file, folder / f"late-{file.name}")
        change(
            folder / f"late-{file.name}",
            AcquisitionNumber="2",
            SOPInstanceUID=f"1.2.{int(file.stem)}",
        )
    answers, _ = outcomes(quick_run, folder)
    assert [len(one.slices) for one in answers] == [SLICES, SLICES]


def test_a_slice_without_position_is_left_out_of_a_series_that_has_them(
    studies: Path, quick_run: Run, tmp_path: Path
) -> None:
    folder = lung_series(studies, tmp_path / "series")
    change(folder / "0004.dcm", ImagePositionPatient=None)
    (answer,), left_out = outcomes(quick_run, folder)
    assert reasons(left_out) == {"0004.dcm": POSITIONLESS}
    assert len(answer.slices) == SLICES - 1


def test_without_any_position_the_instance_number_orders(
    studies: Path, quick_run: Run, tmp_path: Path
) -> None:
    folder = lung_series(studies, tmp_path / "series")
    for file in folder.iterdir():
        change(file, ImagePositionPatient=None)
    (answer,), _ = outcomes(quick_run, folder)
    assert [one.path.stem for one in answer.slices] == sorted(one.stem for one in folder.iterdir())
    assert "Positions are unknown" in answer.notes[0]


def test_a_series_of_one_slice_has_an_answer_and_says_so(studies: Path, quick_run: Run) -> None:
    (answer,), _ = outcomes(quick_run, studies / "p0001" / "lung" / "0006.dcm")
    assert (len(answer.slices), answer.notes) == (1, ("A series of one slice.",))


def test_what_shows_no_lung_is_left_out_by_its_pixels(
    studies: Path, quick_run: Run, tmp_path: Path
) -> None:
    belly = tmp_path / "belly"
    belly.mkdir()
    for number in (1, 12):  # neck and abdomen
        shutil.copy(studies / f"p0001/lung/{number:04d}.dcm", belly)
    answers, (left_out,) = outcomes(quick_run, belly)
    assert (answers, left_out.broken) == ([], False)
    assert left_out.reason == "No slice shows lung: not a chest, or not in the right window."


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"Modality": "MR", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.4"}, "MR, not CT."),
        ({"BodyPartExamined": "ABDOMEN"}, "Body part examined: ABDOMEN, not the chest."),
        (
            {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"},
            "A secondary capture, such as a dose sheet or a screen save, not a CT.",
        ),
        (
            {"ImageOrientationPatient": [0, 1, 0, 0, 0, -1]},
            "A sagittal plane, not an axial slice.",
        ),
        (
            {"ImageType": ["DERIVED", "SECONDARY", "MIP"]},
            "A projection or rendering of several slices (such as a MIP), not a slice.",
        ),
        (
            {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.67"},
            "It is a structured report, not an image of a slice.",
        ),
    ],
)
def test_what_is_no_axial_chest_ct_is_left_out_by_its_header(
    changes: dict[str, object], reason: str, studies: Path, quick_run: Run, tmp_path: Path
) -> None:
    file = Path(shutil.copy(studies / "p0001/lung/0006.dcm", tmp_path / "one.dcm"))
    change(file, **changes)
    answers, (left_out,) = outcomes(quick_run, file)
    assert (answers, left_out.reason, left_out.broken) == ([], reason, False)


def test_a_zip_is_predicted_like_its_folder_and_its_files_are_named(
    studies: Path, quick_run: Run, tmp_path: Path
) -> None:
    packed = tmp_path / "study.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        for file in sorted(studies.glob("p0001/lung/*")):
            archive.write(file, f"study/{file.name}")
        archive.writestr("../evil.dcm", b"x")
        link = zipfile.ZipInfo("link.dcm")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    (answer,), left_out = outcomes(quick_run, packed)
    (plain,), _ = outcomes(quick_run, studies / "p0001" / "lung")
    assert answer.probabilities == plain.probabilities
    assert answer.slices[-1].path == packed / "study/0001.dcm"
    assert [one.reason for one in left_out] == [
        "Its name leads out of the folder.", "It is a symbolic link.",
    ]  # fmt: skip
    assert not (tmp_path / "evil.dcm").exists()


def test_a_zip_bomb_is_refused_by_name(quick_run: Run, tmp_path: Path) -> None:
    packed = tmp_path / "bomb.zip"
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.dcm", bytes(4 * 2**20))
    _, (refused,) = outcomes(quick_run, packed)
    assert refused.path == packed / "bomb.dcm"
    assert refused.reason == "It would grow more than 200 times (a zip bomb?)."


def test_a_broken_zip_is_one_sentence(quick_run: Run, tmp_path: Path) -> None:
    packed = tmp_path / "broken.zip"
    packed.write_bytes(b"PK\x03\x04 nothing")
    _, (refused,) = outcomes(quick_run, packed)
    assert (refused.path, refused.reason) == (packed, "The zip is damaged or none at all.")


def test_ten_thousand_files_that_are_no_dicom_are_one_sentence(
    quick_run: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "0.txt").write_text("no DICOM")
    for number in range(1, 10_000):
        os.link(folder / "0.txt", folder / f"{number}.txt")
    with pytest.raises(UsageError, match=r"no DICOM series .* \(skipped: 10000 \.txt\) in "):
        outcomes(quick_run, folder)
    single = folder / "0.txt"
    _, (refused,) = outcomes(quick_run, single)
    assert refused.reason == "It is of no known format, not DICOM or NIfTI, so it is no series."


def test_a_nifti_volume_is_predicted_like_its_series(
    studies: Path, quick_run: Run, tmp_path: Path
) -> None:
    files = sorted(studies.glob("p0001/lung/*"), reverse=True)  # from feet to head
    volume = np.stack([read_slice(file).hu for file in files])  # (feet to head, back, left)
    affine = np.diag([-4.0, -4.0, 26.67, 1.0])  # left and back are negative in RAS
    path = tmp_path / "volume.nii.gz"
    nib.save(nib.Nifti1Image(volume.transpose(2, 1, 0), affine), path)  # type: ignore[no-untyped-call]
    (answer,), _ = outcomes(quick_run, path)
    (plain,), _ = outcomes(quick_run, studies / "p0001" / "lung")
    assert answer.probabilities == pytest.approx(plain.probabilities, abs=1e-6)
    assert len(answer.slices) == SLICES


def test_a_nifti_volume_that_is_not_in_hounsfield_units_is_refused(
    quick_run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "mr.nii"
    values = np.random.default_rng(0).integers(0, 255, (64, 64, 8)).astype(np.int16)
    nib.save(nib.Nifti1Image(values, np.eye(4)), path)  # type: ignore[no-untyped-call]
    _, (refused,) = outcomes(quick_run, path)
    assert refused.reason == (
        "Its values are not Hounsfield units: the values are 8-bit grey levels."
    )


def test_the_runs_joining_temperature_and_operating_point_are_used(
    studies: Path, tmp_path: Path, quick_network: None
) -> None:
    series = {
        "joining": {"way": "top-k mean", "k": 3}, "temperature": 2.0,
        "thresholds": {"youden": 0.01}, "note": "Chosen on 12 validation series.",
    }  # fmt: skip
    run = make_described_run(tmp_path / "chosen", series=series)
    options = SeriesOptions(threshold="youden")
    (answer,), _ = outcomes(run, studies / "p0001" / "lung", options=options)
    given = sorted(one.probability for one in answer.slices if one.probability is not None)
    joined = float(np.mean(given[-3:]))
    assert answer.probability == pytest.approx(joined)
    assert (answer.predicted, answer.threshold) == ("cancer", 0.01)
    odds = (joined / (1 - joined)) ** 0.5
    assert answer.calibrated is not None
    assert answer.calibrated["cancer"] == pytest.approx(odds / (1 + odds))
    with pytest.raises(UsageError, match=r"one of the run's for series \(youden\)"):
        outcomes(run, studies / "p0001", options=SeriesOptions(threshold="best"))


def index_of(folder: Path, names: list[str]) -> None:
    """Write a DICOMDIR that lists files."""
    records = []
    for name in names:
        record = Dataset()
        record.DirectoryRecordType, record.ReferencedFileID = "IMAGE", name.split("/")
        records.append(record)
    index = Dataset()
    index.DirectoryRecordSequence = records
    index.file_meta = FileMetaDataset()
    index.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.1.3.10"
    index.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    index.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    index.save_as(folder / "DICOMDIR", enforce_file_format=True)


def test_a_dicomdir_stands_for_its_folder_and_names_what_is_missing(
    studies: Path, quick_run: Run, tmp_path: Path
) -> None:
    medium = tmp_path / "medium"
    (medium / "IMAGES").mkdir(parents=True)
    for number, file in enumerate(sorted((studies / "p0001" / "lung").iterdir())):
        shutil.copy(file, medium / "IMAGES" / f"IM{number}")
    index_of(medium, ["IMAGES/IM0", "IMAGES/IM99"])
    (answer,), (missing,) = outcomes(quick_run, medium / "DICOMDIR")
    assert len(answer.slices) == SLICES
    assert missing.paths == (medium / "IMAGES" / "IM99",)
    assert missing.reason == "Listed in DICOMDIR, and missing."


def enhanced(files: list[Path], path: Path) -> None:
    """Write slices as one Enhanced CT file, which has a frame for each."""
    sources = [dcmread(file) for file in files]
    made = dcmread(files[0])
    for keyword in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing",
                    "SliceThickness", "RescaleIntercept", "RescaleSlope", "RescaleType",
                    "ConvolutionKernel"):  # fmt: skip
        delattr(made, keyword)
    made.SOPClassUID = made.file_meta.MediaStorageSOPClassUID = EnhancedCTImageStorage
    made.NumberOfFrames = len(sources)
    frames = []
    for source in sources:
        frame, position = Dataset(), Dataset()
        position.ImagePositionPatient = source.ImagePositionPatient
        frame.PlanePositionSequence = [position]
        frames.append(frame)
    shared, measures, plane, values, made_by = (Dataset() for _ in range(5))
    measures.PixelSpacing, measures.SliceThickness = sources[0].PixelSpacing, "5"
    plane.ImageOrientationPatient = sources[0].ImageOrientationPatient
    values.RescaleIntercept, values.RescaleSlope, values.RescaleType = "-1024", "1", "HU"
    made_by.ConvolutionKernel = "LUNG"
    shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = [measures], [plane]
    shared.PixelValueTransformationSequence = [values]
    shared.CTReconstructionSequence = [made_by]
    made.SharedFunctionalGroupsSequence = [shared]
    made.PerFrameFunctionalGroupsSequence = frames
    made.PixelData = b"".join(source.PixelData for source in sources)
    made.save_as(path)


def test_the_frames_of_an_enhanced_ct_are_a_series(
    studies: Path, quick_run: Run, tmp_path: Path
) -> None:
    lung = studies / "p0001" / "lung"
    enhanced(sorted(lung.iterdir()), tmp_path / "enhanced.dcm")
    (answer,), _ = outcomes(quick_run, tmp_path / "enhanced.dcm")
    (plain,), _ = outcomes(quick_run, lung)
    assert answer.probabilities == plain.probabilities
    assert [one.position for one in answer.slices] == [one.position for one in plain.slices]
    assert [one.frame for one in answer.slices] == list(range(SLICES))[::-1]
    context = ResultContext("Net", "net", "1", "ab")
    written = write_dicom(answer, tmp_path / "objects", context)
    assert [file.name for file in written] == [
        "report.dcm", "picture-1.dcm", "picture-2.dcm", "picture-3.dcm", "picture-4.dcm",
    ]  # fmt: skip
    assert dcmread(written[0]).SOPClassUID.name == "Comprehensive SR Storage"


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_damaged_bytes_never_end_the_sorting(
    data: st.DataObject, studies: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray((studies / "p0001" / "lung" / "0006.dcm").read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        position = data.draw(st.integers(132, 1800))
        content[position] = data.draw(st.integers(0, 255))
    del content[data.draw(st.integers(140, len(content))) :]
    file = tmp_path_factory.mktemp("damaged") / "damaged.dcm"
    file.write_bytes(content)
    found = sort_into_series([file])
    assert len(found.series) + len(found.left_out) >= 1
    for one in found.left_out:
        assert one.reason.endswith(".")
        assert "Phantom^" not in one.reason


def test_an_empty_folder_among_several_paths_does_not_stop_the_others(
    studies: Path, quick_run: Run, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()
    (answer,), (refused,) = outcomes(quick_run, tmp_path / "empty", studies / "p0001" / "lung")
    assert len(answer.slices) == SLICES
    assert refused.reason == "There is no DICOM series and no NIfTI volume."


def test_a_volume_that_unpacks_beyond_all_measure_is_refused(
    quick_run: Run, tmp_path: Path
) -> None:
    path = tmp_path / "bomb.nii.gz"
    path.write_bytes(gzip.compress(bytes(8 * 2**20)))
    _, (refused,) = outcomes(quick_run, path)
    assert refused.reason == "It would grow more than 200 times (a gzip bomb?)."


def test_two_breath_holds_that_meet_in_one_slice_are_one_series(
    studies: Path, quick_run: Run, tmp_path: Path
) -> None:
    folder = lung_series(studies, tmp_path / "series")
    for file in sorted(folder.iterdir())[6:]:
        change(file, AcquisitionNumber="2")
    shutil.copy(folder / "0006.dcm", folder / "again.dcm")
    change(folder / "again.dcm", AcquisitionNumber="2", SOPInstanceUID="1.2.99")
    (answer,), _ = outcomes(quick_run, folder)
    assert len(answer.slices) == SLICES
    assert "Slices at another one's position: 1; the first of each is taken." in answer.notes


def test_a_window_that_the_network_was_not_trained_on_is_said(
    studies: Path, quick_run: Run
) -> None:
    options = SeriesOptions(window=Window(350, 40))
    (answer,), _ = outcomes(quick_run, studies / "p0001" / "lung", options=options)
    assert "Shown through 350/40, and the network was trained on 1400/-700." in answer.remarks
    (usual,), _ = outcomes(quick_run, studies / "p0001" / "lung")
    assert not any(remark.startswith("Shown through") for remark in usual.remarks)


@pytest.mark.parametrize("harmonise", [False, True])
def test_each_slice_of_the_strip_has_the_probability_that_it_has_alone(
    harmonise: bool, studies: Path, tmp_path: Path, quick_network: None
) -> None:
    shown = {"size": 32, "harmonise": harmonise}
    run = make_described_run(tmp_path / "seen", input=shown)
    lung = studies / "p0001" / "lung"
    (answer,), _ = outcomes(run, lung)
    alone = {one.path: one for one in predict(run, lung) if isinstance(one, Predicted)}
    given = [one for one in answer.slices if one.probability is not None]
    assert len(given) > 5
    for one in given:
        assert one.probability == pytest.approx(alone[one.path].probabilities["cancer"], abs=1e-6)


class FlatMaps:
    """Explains every slice by a map of ones."""

    offset = (0.0, 0.0)

    def explain(self, inputs: dict[int, np.ndarray], target: int) -> SimpleNamespace:
        return SimpleNamespace(maps=np.ones((len(inputs[32]), 4, 4), np.float32))


@pytest.mark.parametrize("harmonised", [False, True])
def test_maps_are_in_the_slices_own_pixels(harmonised: bool, studies: Path, quick_run: Run) -> None:
    (answer,), _ = outcomes(quick_run, studies / "p0001" / "lung")
    maker = MapMaker.__new__(MapMaker)
    maker._sizes, maker._harmonised = [32], harmonised
    maker._explainer = FlatMaps()  # type: ignore[assignment]
    maker.unit, maker.title = "logits", "Grad-CAM"
    for one in maker.add(answer).top:
        assert one.cam_map is not None
        assert one.cam_map.shape == one.grey.shape
        covered = float((one.cam_map > 0).mean())
        assert covered == 1 if not harmonised else 0.1 < covered < 0.95, covered


def test_several_patients_are_said(studies: Path, quick_run: Run) -> None:
    sentences: list[str] = []
    progress = SimpleNamespace(say=sentences.append, advance=lambda *_: None)
    list(predict_series(quick_run, [studies], progress=progress))
    assert f"{studies} holds series of 4 patients; each has its own answer." in sentences
