"""Annotations: odd names, broken files, boxes of every wrong kind; what is done is counted."""

from __future__ import annotations

from pathlib import Path

import pytest

from hilum.boxes import Box
from hilum.sources.lung_pet_ct_dx.boxes_xml import Annotation, boxes_within, read_annotations
from hilum.sources.lung_pet_ct_dx.tally import Tally

UID = "1.3.6.1.4.1.14519.5.2.1.6655.2359.155870813347987660555133803380"


def notes_of(tally: Tally) -> list[str]:
    return [note.removeprefix("x: ") for note in tally.notes("x")]


@pytest.mark.parametrize(
    "name", [f"{UID}.xml", f" {UID} (1).xml", f"Copy of {UID}.XML", f"{UID}.dcm.xml"]
)
def test_the_uid_is_found_in_odd_names(name: str, tmp_path: Path, box_writer) -> None:  # type: ignore[no-untyped-def]
    box_writer(tmp_path / name, (1, 2, 3, 4))
    tally = Tally()
    found = read_annotations([tmp_path / name], tally)
    assert found == {UID: Annotation(name, ((1.0, 2.0, 3.0, 4.0),), (32, 40))}
    assert notes_of(tally) == []


def test_the_uid_is_taken_from_inside_where_the_name_has_none(tmp_path: Path, box_writer) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "renamed.xml"
    box_writer(file, (1, 2, 3, 4))
    file.write_text(file.read_text(encoding="utf-8").replace("Unknow", UID), encoding="utf-8")
    assert list(read_annotations([file], Tally())) == [UID]


def test_files_that_can_not_be_used_are_counted(tmp_path: Path, box_writer) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "broken.xml").write_text("<annotation><object>", encoding="utf-8")
    (tmp_path / "empty.xml").write_bytes(b"")
    (tmp_path / "other.xml").write_text("<html/>", encoding="utf-8")
    (tmp_path / "huge.xml").write_bytes(b" " * (2 << 20))
    box_writer(tmp_path / "nameless.xml", (1, 2, 3, 4))
    tally = Tally()
    assert read_annotations(tmp_path.glob("*.xml"), tally) == {}
    assert notes_of(tally) == [
        "XML files that are broken: 3 (the first: broken.xml).",
        "XML files whose name holds no SOP Instance UID: 1 (the first: nameless.xml).",
        "XML files that are no annotation: 1 (the first: other.xml).",
    ]


def test_boxes_that_lack_an_edge_are_counted_and_the_others_kept(
    tmp_path: Path,
    box_writer,  # type: ignore[no-untyped-def]
) -> None:
    file = tmp_path / f"{UID}.xml"
    box_writer(file, (1, 2, 3, 4), (5, "", 7, 8), (5, "nan", 7, 8), ("x", 6, 7, 8))
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("</annotation>", "<object/></annotation>"), encoding="utf-8")
    tally = Tally()
    assert read_annotations([file], tally)[UID].boxes == ((1.0, 2.0, 3.0, 4.0),)
    assert notes_of(tally) == [f"boxes that lack an edge: 4 (the first: {UID}.xml)."]


def test_of_two_files_for_one_slice_the_first_counts(tmp_path: Path, box_writer) -> None:  # type: ignore[no-untyped-def]
    for folder, box in (("a", (1, 2, 3, 4)), ("b", (1, 2, 3, 4)), ("c", (5, 6, 7, 8))):
        box_writer(tmp_path / folder / f"{UID}.xml", box)
    tally = Tally()
    assert read_annotations(tmp_path.rglob("*.xml"), tally)[UID].boxes == ((1.0, 2.0, 3.0, 4.0),)
    assert notes_of(tally) == [
        f"XML files that contradict an earlier one of the same slice: 1 (the first: {UID}.xml)."
    ]


@pytest.mark.parametrize(
    ("edges", "box", "note"),
    [
        ((3, 1, 9, 5), Box(1, 3, 5, 9), ""),
        ((3.4, 1.2, 8.6, 4.9), Box(1, 3, 5, 9), ""),
        ((0, 0, 40, 32), Box(0, 0, 32, 40), ""),
        ((9, 5, 3, 1), Box(1, 3, 5, 9), "boxes with edges in the wrong order, put right"),
        ((-5, 1, 9, 50), Box(1, 0, 32, 9), "boxes that reach outside their slice, cut"),
        ((50, 1, 60, 5), None, "boxes outside their slice, left out"),
        ((3, 1, 3, 5), None, "boxes without extent, left out"),
        ((3, 1, 9, 1), None, "boxes without extent, left out"),
    ],
)
def test_a_box_is_put_into_its_slice(
    edges: tuple[float, float, float, float], box: Box | None, note: str
) -> None:
    tally = Tally()
    assert boxes_within(Annotation("f.xml", (edges,), (32, 40)), (32, 40), tally) == (
        [box] if box else []
    )
    assert notes_of(tally) == ([f"{note}: 1 (the first: f.xml)."] if note else [])


def test_boxes_of_a_slice_of_another_size_are_left_out() -> None:
    tally = Tally()
    annotation = Annotation("f.xml", ((1, 2, 3, 4),), (512, 512))
    assert boxes_within(annotation, (32, 40), tally) == []
    assert notes_of(tally) == [
        "annotations drawn on a slice of another size, left out: 1 (the first: f.xml)."
    ]


def test_a_file_that_says_no_size_is_trusted_and_a_box_drawn_twice_counts_once() -> None:
    annotation = Annotation("f.xml", ((1, 2, 3, 4), (1, 2, 3, 4)), (0, 0))
    assert boxes_within(annotation, (32, 40), Tally()) == [Box(2, 1, 4, 3)]
