"""Files are sorted into series by their headers; what is left out has its reason."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hilum.readers.series import LeftOutFiles
from hilum.readers.series.sort import POSITIONLESS, SortedFiles, sort_into_series

WriteDicom = Callable[..., Path]
AXIAL = [1, 0, 0, 0, 1, 0]
PIXELS = np.zeros((8, 8), dtype=np.int16)


@pytest.fixture
def stack(write_dicom: WriteDicom) -> Callable[..., list[Path]]:
    """A function that writes axial slices at heights; attributes replace, None leaves out."""

    def write(name: str, *heights: float, **attributes: object) -> list[Path]:
        files = []
        for number, height in enumerate(heights):
            known = {
                "SOPInstanceUID": f"1.{ord(name)}.{number}",
                "InstanceNumber": str(number + 1),
                "ImagePositionPatient": [0, 0, height],
                "ImageOrientationPatient": AXIAL,
                "PixelSpacing": [1, 1],
                **attributes,
            }
            given = {key: value for key, value in known.items() if value is not None}
            files.append(write_dicom(PIXELS, name=f"{name}{number}.dcm", **given))
        return files

    return write


def named(found: SortedFiles) -> list[list[str]]:
    return [[one.path.stem for one in series.slices] for series in found.series]


def test_slices_of_one_series_run_from_feet_to_head(stack: Callable[..., list[Path]]) -> None:
    steps: list[None] = []
    found = sort_into_series(stack("a", 10, 0, 5), step=lambda: steps.append(None))
    assert named(found) == [["a1", "a2", "a0"]]
    assert (found.left_out, found.series[0].uid, len(steps)) == ([], "1.2.3", 3)
    assert (found.series[0].geometry.positions, found.series[0].notes) == ((0, 5, 10), ())


@pytest.mark.parametrize(
    ("changes", "stacks"),
    [
        ({"PatientID": "other"}, 1),
        ({"StudyInstanceUID": "9"}, 1),
        ({"ConvolutionKernel": "B70f"}, 2),
        ({"PixelSpacing": [2, 2]}, 2),
        ({"ImageOrientationPatient": [1, 0, 0, 0, 0.98, 0.199]}, 2),
        ({"FrameOfReferenceUID": "9"}, 2),
    ],
)
def test_stacks_under_one_uid_are_parted(
    changes: dict[str, object], stacks: int, stack: Callable[..., list[Path]]
) -> None:
    found = sort_into_series([*stack("a", 0, 5), *stack("b", 0, 5, **changes)])
    assert named(found) == [["a0", "a1"], ["b0", "b1"]]
    note = f"Its Series Instance UID holds {stacks} stacks of slices; this is one of them."
    assert all((note in series.notes) == (stacks > 1) for series in found.series)


def test_acquisitions_at_the_same_positions_are_parted(
    stack: Callable[..., list[Path]],
) -> None:
    early, late = (stack(name, 0, 5, AcquisitionNumber=n) for name, n in (("a", "1"), ("b", "2")))
    assert named(sort_into_series([*early, *late])) == [["a0", "a1"], ["b0", "b1"]]


def test_slices_at_one_position_that_nothing_parts_are_taken_once(
    stack: Callable[..., list[Path]],
) -> None:
    (series,) = sort_into_series([*stack("a", 0, 5), *stack("b", 0, 5)]).series
    assert len(series.slices) == 2
    assert "Slices at another one's position: 2; the first of each is taken." in series.notes


def test_copies_of_a_file_are_counted(stack: Callable[..., list[Path]], tmp_path: Path) -> None:
    files = stack("a", 0, 5)
    copy = tmp_path / "copy.dcm"
    copy.write_bytes(files[0].read_bytes())
    (series,) = sort_into_series([*files, copy]).series
    assert series.notes == ("Files that hold a slice which is there already: 1.",)


def test_slices_without_position_are_left_out_of_a_series_that_has_them(
    stack: Callable[..., list[Path]],
) -> None:
    found = sort_into_series([*stack("a", 0, 5), *stack("b", 0, ImagePositionPatient=None)])
    assert named(found) == [["a0", "a1"]]
    (lost,) = found.left_out
    assert (lost.path.stem, lost.broken) == ("b0", True)
    assert lost.reason == POSITIONLESS


def test_without_positions_the_instance_number_orders_and_a_note_says_so(
    stack: Callable[..., list[Path]],
) -> None:
    files = stack("a", 10, 5, 0, ImagePositionPatient=None)
    (series,) = sort_into_series(reversed(files)).series
    assert [one.path.stem for one in series.slices] == ["a0", "a1", "a2"]
    assert series.notes[0].startswith("Positions are unknown: ordered by Instance Number")


def test_other_kinds_are_left_out_together_and_damaged_files_one_by_one(
    stack: Callable[..., list[Path]], write_dicom: WriteDicom, tmp_path: Path
) -> None:
    report = {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.88.67", "Modality": "SR"}
    reports = [write_dicom(None, name=f"r{number}.dcm", **report) for number in range(2)]
    broken = tmp_path / "broken.dcm"
    broken.write_bytes(bytes(128) + b"DICM" + b"\x08\x00")
    magnetic = stack("m", 0, Modality="MR", SOPClassUID="1.2.840.10008.5.1.4.1.1.4")
    found = sort_into_series([*reports, broken, *magnetic])
    assert found.series == []
    refused, others, other_modality = found.left_out
    assert (refused.paths, refused.broken) == ((broken,), True)
    assert (others.paths, others.broken) == (tuple(reports), False)
    assert others.reason == "It is a structured report, not an image of a slice."
    assert (other_modality.reason, other_modality.series) == ("MR, not CT.", "1.2.3")


def test_a_reason_begins_with_a_capital_and_without_the_path() -> None:
    refused = LeftOutFiles.damaged(Path("a.dcm"), ValueError("a.dcm: cut short."))
    assert (refused.path, refused.reason, refused.broken) == (Path("a.dcm"), "Cut short.", True)


@pytest.mark.parametrize(
    ("thicknesses", "note"),
    [
        (("5", "1"), "Its slices are 1 to 5 mm thick: thin ones are noisier"),
        (("1", "1.04"), ""),  # rounded otherwise
        (("5", None), ""),
    ],
)
def test_slices_of_mixed_thickness_are_noted(
    stack: Callable[..., list[Path]], thicknesses: tuple[str | None, ...], note: str
) -> None:
    files = [
        file
        for number, thickness in enumerate(thicknesses)
        for file in stack("ab"[number], 10 * number, 10 * number + 5, SliceThickness=thickness)
    ]
    (series,) = sort_into_series(files).series
    assert " ".join(series.notes).startswith(note) and bool(series.notes) is bool(note)


@pytest.mark.parametrize(
    ("locations", "order", "note"),
    [
        ((None, None, None), ["a0", "a1", "a2"], "All slices have the same position"),
        ((0, 0, 0), ["a0", "a1", "a2"], "All slices have the same position"),
        ((10, 5, 0), ["a2", "a1", "a0"], "Image Position (Patient) is the same in all slices"),
    ],
)
def test_one_position_for_all_is_none(
    write_dicom: WriteDicom, locations: tuple[float | None, ...], order: list[str], note: str
) -> None:
    files = [
        write_dicom(
            PIXELS, name=f"a{number}.dcm", SOPInstanceUID=f"1.{number}", InstanceNumber=number + 1,
            ImageOrientationPatient=AXIAL, ImagePositionPatient=[0, 0, 0],
            **({} if location is None else {"SliceLocation": location}),
        )
        for number, location in enumerate(locations)
    ]  # fmt: skip
    (series,) = sort_into_series(files).series
    assert [one.path.stem for one in series.slices] == order
    assert series.notes[0].startswith(note)
