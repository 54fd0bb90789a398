"""The page of a series: pictures at one size, no script, nothing that a name could break."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from hilum.report.series import SeriesPage, TopPicture, write_series_page
from hilum.report.series.page import SIDE
from hilum.report.series.strip import StripSlice

GREY = np.full((100, 50), 90, dtype=np.uint8)


@pytest.fixture
def page() -> SeriesPage:
    share = np.zeros((100, 50), dtype=np.float32)
    share[20:40, 10:30] = 1
    return SeriesPage(
        title="<b>study</b>, 3 slices", predicted="cancer", positive="cancer", probability=0.876,
        calibrated=None, joined="Mean of the lung slices", operating="The most probable class.",
        trust=["Do not rely on it.", "The splits leak."], facts=[("Kernel", "B60f")],
        notes=["A gap: 1 slice is missing."],
        slices=[StripSlice(0.0, None), StripSlice(5.0, 0.4, "B"), StripSlice(10.0, 0.9, "A")],
        top=[
            TopPicture("A", GREY, share, 0.9, "slice 3, 10.0 mm"),
            TopPicture("B", GREY, None, 0.4, "slice 2, 5.0 mm", "zero map"),
        ],
        map_unit="layer CAM", threshold=0.5, run="<i>run</i>",
    )  # fmt: skip


def written(page: SeriesPage, folder: Path) -> str:
    write_series_page(page, folder / "page.html")
    return (folder / "page.html").read_text(encoding="utf-8")


def pictures(text: str) -> dict[str, np.ndarray]:
    found = re.findall(r'src="data:image/jpeg;base64,([^"]+)" alt="([^"]+)"', text)
    return {
        alt: cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
        for data, alt in found
    }


def test_the_answer_its_notes_and_its_trust_are_shown(page: SeriesPage, tmp_path: Path) -> None:
    text = written(page, tmp_path)
    for shown in (
        "0.88", "not calibrated", "<strong>Do not rely on it.</strong>", "The splits leak.",
        "<dt>Kernel</dt><dd>B60f</dd>", "A gap: 1 slice is missing.", "zero map", "layer CAM",
    ):  # fmt: skip
        assert shown in text


def test_a_calibrated_probability_stands_next_to_the_networks_own(
    page: SeriesPage, tmp_path: Path
) -> None:
    text = written(replace(page, calibrated=0.714), tmp_path)
    assert '<strong class="num">0.71</strong>' in text
    assert "not calibrated" not in text


def test_names_are_escaped_and_nothing_is_loaded(page: SeriesPage, tmp_path: Path) -> None:
    text = written(page, tmp_path)
    assert "<b>study" not in text and "<i>run" not in text and "<script" not in text
    assert re.findall(r'(?:src|href)="(?!#|data:)[^"]*"', text) == []


def test_slices_are_enlarged_to_one_size_and_maps_lie_over_them(
    page: SeriesPage, tmp_path: Path
) -> None:
    found = pictures(written(page, tmp_path))
    assert list(found) == ["Slice A", "Slice A under its map", "Slice B"]
    assert {picture.shape for picture in found.values()} == {(SIDE, SIDE // 2, 3)}
    plain, mapped = found["Slice A"].astype(int), found["Slice A under its map"].astype(int)
    blue, _, red = mapped[90, 60] - plain[90, 60]  # the middle of the square
    assert red > 50 > 0 > blue


def test_without_maps_nothing_is_said_of_them(page: SeriesPage, tmp_path: Path) -> None:
    assert "A map says" not in written(replace(page, map_unit=""), tmp_path)
