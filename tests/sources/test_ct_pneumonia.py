"""The collection of pneumonia slices: its workbook and its folders."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pytest

from hilum.errors import SourceError
from hilum.sources import BuildOptions, build_table
from hilum.sources.ct_pneumonia import parse_file_name, read_workbook

HEADER = ["Link", "No", "File name", "Category", "Additional info\xa0", "Sex", "Age"]
ROWS = [
    ["", "0001", "10.1/a.stt1a", "Virus", " H1N1 ", "M", 44],
    ["", "0002", "10.1/a.stt1b", "VK", "Nocardia", "F", "6 months"],
    ["", "0003", "10.1/a.stt2", None, None, None, None],
    ["", "0004", "10.1/b.stt2-10", "Both", None, "F", 30.0],
    ["", None, None, None, None, None, None],
]


@pytest.fixture
def collection(tmp_path: Path) -> Path:
    folder = tmp_path / "ctp"
    for name in ("Pneumonia - PTS/0001-0200/0001.png", "Pneumonia - PTS/0001-0200/0002.jpeg"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"a picture")
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active.append(["something else"])
    sheet = book.create_sheet("list")
    for row in [HEADER, ["", None, "(second header row)", "", "", "F,M", ""], *ROWS]:
        sheet.append(row)
    book.save(folder / "[Pneumonia] Metadata.xlsx")
    return folder


@pytest.mark.parametrize(
    ("text", "article", "figure"),
    [
        ("10.1148/rg.2018170048.stt1a", "10.1148/rg.2018170048", "1"),
        ("10.1016/j.rppnen.2011.12.006.stt1.26", "10.1016/j.rppnen.2011.12.006", "1"),
        ("10.1097/CCM.0b013e3181b08cdb.stt2-16", "10.1097/CCM.0b013e3181b08cdb", "2"),
        ("10.1007/s00247-007-0718-4.stt2Aa", "10.1007/s00247-007-0718-4", "2"),
        ("10.1259/bjr/49174919.st3c", "10.1259/bjr/49174919", "3"),
        ("10.1378/chest.10-1036.stt12", "10.1378/chest.10-1036", "12"),
        ("doi.org/10.1148/radiol.13130988.stt4", "10.1148/radiol.13130988", "4"),
        ("10.1/x.sttS1 left", "10.1/x", "S1 left"),
        ("10.1/x", "10.1/x", ""),
        ("", "", ""),
    ],
)
def test_a_file_name_gives_article_and_figure_without_panel(
    text: str, article: str, figure: str
) -> None:
    assert parse_file_name(text) == (article, figure)


def test_rows_are_read_by_header_words_and_missing_files_are_counted(collection: Path) -> None:
    out = collection.parent / "slices.csv"
    result = build_table([("ct-pneumonia", collection)], out=out)
    rows = result.table.rows
    assert list(rows["slice_id"]) == ["ctp-0001", "ctp-0002"]
    assert rows["path"][1] == "ctp/Pneumonia - PTS/0001-0200/0002.jpeg"
    assert set(rows["group"]) == {"10.1/a figure 1"}
    assert list(rows["sex"]) == ["male", "female"]
    assert list(rows["age"]) == ["44", "6 months"]
    assert list(rows["organism"]) == ["H1N1", "Nocardia"]
    assert list(rows["organism_class"]) == ["virus", "bacteria"]
    assert result.notes == (
        "ct-pneumonia: 2 of the 4 slices listed in the workbook have no file in "
        "'Pneumonia - PTS' here.",
        "there is one label only, 'pneumonia': a network needs two. Build the table again with a "
        "second source, of another class, before training.",
    )


def test_files_that_are_not_listed_are_counted(collection: Path) -> None:
    (collection / "Pneumonia - PTS" / "0099.png").write_bytes(b"")
    result = build_table([("ct-pneumonia", collection)], out=collection.parent / "s.csv")
    assert result.notes[1] == (
        "ct-pneumonia: 1 files in 'Pneumonia - PTS' are not listed in the workbook."
    )


def test_raw_needs_the_raw_folder(collection: Path) -> None:
    with pytest.raises(SourceError, match="it has no folder 'Pneumonia - Raw'"):
        build_table(
            [("ct-pneumonia", collection)],
            out=collection.parent / "s.csv",
            options=BuildOptions(raw=True),
        )


def test_a_folder_without_workbook_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no workbook \(\*\.xlsx\) lies in it"):
        build_table([("ct-pneumonia", tmp_path)], out=tmp_path / "s.csv")


def test_a_workbook_that_is_none_is_refused(collection: Path) -> None:
    (collection / "[Pneumonia] Metadata.xlsx").write_text("not a workbook")
    with pytest.raises(SourceError, match="is not a workbook that can be read"):
        build_table([("ct-pneumonia", collection)], out=collection.parent / "s.csv")


def test_a_workbook_without_the_columns_is_refused(collection: Path) -> None:
    openpyxl.Workbook().save(collection / "[Pneumonia] Metadata.xlsx")
    with pytest.raises(SourceError, match="no sheet has rows under the columns 'no', 'file name'"):
        build_table([("ct-pneumonia", collection)], out=collection.parent / "s.csv")


def test_files_of_which_none_is_listed_are_refused(collection: Path) -> None:
    for file in (collection / "Pneumonia - PTS").rglob("000*.*"):
        if file.is_file():
            file.rename(file.with_name("0777" + file.suffix))
    with pytest.raises(SourceError, match="none of the files in 'Pneumonia - PTS' is listed"):
        build_table([("ct-pneumonia", collection)], out=collection.parent / "s.csv")


def test_the_real_workbook_gives_the_known_counts(real_data: Path) -> None:
    listed = read_workbook(real_data / "ct-pneumonia" / "[Pneumonia] Metadata.xlsx")
    assert listed["sex"].value_counts().to_dict() == {"male": 465, "female": 283, "": 274}
    assert listed["organism_class"].value_counts().to_dict() == {
        "virus": 488,
        "bacteria": 326,
        "fungi": 175,
        "unknown": 19,
        "both": 14,
    }
    assert listed["article"].nunique() == 192
    assert listed["figure"].str.fullmatch(r"\d+").all()


def test_the_real_folder_gives_its_cleaned_and_raw_slices(real_data: Path, tmp_path: Path) -> None:
    source = [("ct-pneumonia", real_data / "ct-pneumonia")]
    cleaned = build_table(source, out=tmp_path / "c.csv")
    raw = build_table(source, out=tmp_path / "r.csv", options=BuildOptions(raw=True))
    assert (len(cleaned.table), cleaned.table.rows["article"].nunique()) == (641, 125)
    assert len(raw.table) == 180
    assert all(path.is_file() for path in cleaned.table.paths())
    assert "381 of the 1022 slices" in cleaned.notes[0]
