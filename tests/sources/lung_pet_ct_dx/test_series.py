"""Series of the collection: files by kind, slices from the feet, the series with most boxes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from hilum.sources.lung_pet_ct_dx.boxes_xml import Annotation
from hilum.sources.lung_pet_ct_dx.series import (
    Files,
    Series,
    choose_series,
    find_files,
    index_series,
)
from hilum.sources.lung_pet_ct_dx.tally import Tally

WriteSlice = Callable[..., None]


def notes_of(tally: Tally) -> list[str]:
    return [note.removeprefix("x: ") for note in tally.notes("x")]


def test_files_are_sorted_by_what_they_may_be(tmp_path: Path) -> None:
    for name in ("b/1.dcm", "a/noname", "a/u.XML", "s.xlsx", "~s.xlsx", "LICENSE.txt", ".x/1.dcm"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    assert find_files(tmp_path) == Files(
        slices=[tmp_path / "a/noname", tmp_path / "b/1.dcm"],
        annotations=[tmp_path / "a/u.XML"],
        books=[tmp_path / "s.xlsx"],
    )


def test_slices_run_from_the_feet_and_count_once(tmp_path: Path, slice_writer: WriteSlice) -> None:
    for number in (2, 1, 3):  # numbered from the head down
        slice_writer(tmp_path / f"{number}.dcm", 1, 1, number, name="A0001")
    slice_writer(tmp_path / "copy.dcm", 1, 1, 2, name="A0001")
    tally = Tally()
    found = index_series(find_files(tmp_path).slices, tally)
    ((patient, of_patient),) = found.items()
    ((_, series),) = of_patient.items()
    assert patient == "A0001"
    assert [one.placement.height for one in series] == [-15.0, -10.0, -5.0]
    assert notes_of(tally) == ["slices that lie there more than once, taken once: 1."]


def test_images_of_other_kinds_are_counted_by_kind(
    tmp_path: Path, slice_writer: WriteSlice
) -> None:
    kinds = (
        {"Modality": "MR"},
        {"Modality": "NM"},
        {"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]},
        {"ImageOrientationPatient": [0, 1, 0, 0, 0, -1]},
        {"PatientID": ""},
    )
    for number, changes in enumerate(kinds, start=1):
        slice_writer(tmp_path / f"{number}.dcm", 1, 1, number, name="A0001", **changes)
    tally = Tally()
    assert index_series(find_files(tmp_path).slices, tally) == {}
    assert notes_of(tally) == [
        "images of modality MR, left out: 1.",
        "PET slices, left out: 1.",
        "localizers, left out: 1.",
        "CT images that are not axial or don't say how they lie, left out: 1.",
        "CT slices without patient, series or SOP Instance UID, left out: 1.",
    ]


def series_of(
    tmp_path: Path, slice_writer: WriteSlice, counts: dict[int, int]
) -> dict[str, Series]:
    """Return series number -> slices of one patient."""
    for series, count in counts.items():
        for number in range(1, count + 1):
            slice_writer(tmp_path / f"{series}-{number}.dcm", 1, series, number, name="A0001")
    return index_series(find_files(tmp_path).slices, Tally())["A0001"]


def test_most_boxes_then_most_slices_then_the_first_uid_decide(
    tmp_path: Path, slice_writer: WriteSlice
) -> None:
    of_patient = series_of(tmp_path, slice_writer, {1: 2, 2: 3, 3: 3})

    def chosen(boxed: dict[int, int]) -> str:
        """Return the UID of the series chosen when the first slices of each have boxes."""
        annotations = {}
        for uid, series in of_patient.items():
            for file in series[: boxed.get(int(uid.rpartition(".")[2]), 0)]:
                sop = file.placement.sop
                annotations[sop] = Annotation(f"{sop}.xml", ((1, 1, 2, 2),), (0, 0))
        found = choose_series(of_patient, annotations)
        return found[0].placement.series.rpartition(".")[2] if found else ""

    assert chosen({1: 2, 2: 1}) == "1"
    assert chosen({1: 2, 3: 2}) == "3"
    assert chosen({2: 1, 3: 1}) == "2"
    assert chosen({}) == ""


def test_an_annotation_without_boxes_and_a_patient_without_series_choose_nothing(
    tmp_path: Path, slice_writer: WriteSlice
) -> None:
    of_patient = series_of(tmp_path, slice_writer, {1: 1})
    (series,) = of_patient.values()
    sop = series[0].placement.sop
    assert choose_series(of_patient, {sop: Annotation("x.xml", (), (0, 0))}) is None
    assert choose_series({}, {}) is None
