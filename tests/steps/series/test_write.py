"""Answers as rows and pages: written whole, nothing of the patient in them."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from ct_studies import SLICES

from hilum.errors import StorageError, UsageError
from hilum.readers.series import LeftOutFiles
from hilum.run import Run
from hilum.steps.series import maps
from hilum.steps.series.write import SeriesOutput, left_out_sentence, write_series


class GivenMaps:
    """Makes the same map for every slice, without torch."""

    unit, title = "logits per pixel of the map", "Grad-CAM"

    def __init__(self, run: Run) -> None:
        self.run = run

    def add(self, answer):  # type: ignore[no-untyped-def]
        from dataclasses import replace

        top = tuple(replace(one, cam_map=np.ones(one.grey.shape, np.float32)) for one in answer.top)
        return replace(answer, top=top, map_unit=self.unit, map_title=self.title)


@pytest.fixture
def given_maps(monkeypatch: pytest.MonkeyPatch) -> None:
    from hilum.steps.series import step

    monkeypatch.setattr(step, "MapMaker", GivenMaps)
    monkeypatch.setattr(maps, "find_spec", lambda _: object())


def test_csv_has_a_row_for_each_series(studies: Path, quick_run: Run, tmp_path: Path) -> None:
    out = tmp_path / "answers.csv"
    summary = write_series(quick_run, studies / "p0001", output=SeriesOutput(out))
    rows = list(csv.DictReader(io.StringIO(out.read_text())))
    assert [row["kernel"] for row in rows] == ["LUNG", "SOFT"]
    assert out.read_text() == summary.text
    first = rows[0]
    assert int(first["slices"]) == SLICES
    assert float(first["probability_cancer"]) + float(first["probability_pneumonia"]) == (
        pytest.approx(1, abs=2e-6)
    )
    assert (first["joined"], first["notice"]) == ("mean of the lung slices", "research use only")
    assert len(first["top"].split("; ")) == 4


def test_json_has_the_strip_and_what_was_left_out(
    studies: Path, quick_run: Run, tmp_path: Path
) -> None:
    out = tmp_path / "answers.json"
    write_series(quick_run, studies / "p0001", output=SeriesOutput(out, form="json"))
    content = json.loads(out.read_text())
    assert len(content["series"][0]["strip"]) == SLICES
    places = [one["position_mm"] for one in content["series"][0]["strip"]]
    assert places == sorted(places)
    left_out = {one["reason"]: len(one["paths"]) for one in content["left_out"]}
    assert left_out == {
        "A coronal plane, not an axial slice.": 5,
        "A localizer (scout view), not an axial slice.": 1,
    }
    assert "Phantom^" not in out.read_text()


def test_a_page_shows_answer_strip_and_top_slices_and_loads_nothing(
    studies: Path, quick_run: Run, tmp_path: Path, given_maps: None
) -> None:
    pages = tmp_path / "pages"
    write_series(quick_run, studies / "p0001" / "lung", output=SeriesOutput(pages=pages))
    page = (pages / "series-1.html").read_text()
    assert page.count('src="data:image/jpeg;base64,') == 8  # four slices, each with its map
    assert "<script" not in page
    assert not re.search(r'(src|href)="(?!data:|#)', page)
    assert "Research use only. Not a medical device." in page
    assert "How far can this be trusted?" in page
    assert "Grad" not in page or "logits per pixel of the map" in page
    assert "phantom-p0001" not in page
    assert all(f"<strong>{letter}</strong>" in page for letter in "ABCD")


def test_without_maps_the_page_shows_the_slices_alone(
    studies: Path, quick_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maps, "find_spec", lambda _: None)
    output = SeriesOutput(pages=tmp_path / "pages")
    summary = write_series(quick_run, studies / "p0001" / "lung", output=output)
    page = (tmp_path / "pages" / "series-1.html").read_text()
    assert page.count('src="data:image/jpeg;base64,') == 4
    assert any(line.startswith("No maps: they need torch") for line in summary.remarks)


def test_what_stands_there_is_not_replaced_without_force(
    studies: Path, quick_run: Run, tmp_path: Path, given_maps: None
) -> None:
    pages = tmp_path / "pages"
    pages.mkdir()
    (pages / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="is no folder that hilum made"):
        write_series(quick_run, studies / "p0001", output=SeriesOutput(pages=pages, force=True))
    assert [file.name for file in pages.iterdir()] == ["mine.txt"]


def test_an_output_that_can_not_be_written_is_one_sentence_and_leaves_nothing(
    studies: Path, quick_run: Run, tmp_path: Path, given_maps: None
) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StorageError, match=r"file/pages can't be written: "):
        output = SeriesOutput(pages=tmp_path / "file" / "pages")
        write_series(quick_run, studies / "p0001" / "lung", output=output)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "run"]


def test_rows_that_can_not_be_written_are_refused_before_anything_is_predicted(
    studies: Path, quick_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setattr("hilum.steps.series.write.predict_series", None)
    with pytest.raises(StorageError, match=r"file/rows.csv can't be written: "):
        output = SeriesOutput(out=tmp_path / "file" / "rows.csv")
        write_series(quick_run, studies / "p0001" / "lung", output=output)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "run"]


def test_many_files_of_one_series_are_named_up_to_a_few() -> None:
    paths = tuple(Path(f"{n}.dcm") for n in range(20))
    sentence = left_out_sentence(LeftOutFiles(paths, "MR, not CT."))
    assert sentence == (
        "left out: 0.dcm (and 1.dcm, 2.dcm, 3.dcm, 4.dcm, 5.dcm, 6.dcm, 7.dcm and 12 more): "
        "MR, not CT."
    )
