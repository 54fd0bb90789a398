"""Pages for reviewing cleaned slices: pictures inside, percent that say something, no script."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from hilum.report.clean import FILLED, SIDE, Page, ReviewItem, write_page

Pixels = npt.NDArray[np.uint8]


def item(name: str, *, changed: str = "0", cleaned: bool = True, side: int = 40) -> ReviewItem:
    before = np.full((side, 2 * side), 200, np.uint8)
    mask = np.zeros(before.shape, dtype=bool)
    mask[: side // 2] = True
    after = np.where(mask, 10, before).astype(np.uint8)
    return ReviewItem(
        name, changed, "plate" if cleaned else "", before, mask if cleaned else None,
        after if cleaned else None,
    )  # fmt: skip


def page_of(items: list[ReviewItem], folder: Path) -> str:
    page = Page("slices.csv", 0, ("review-1.html", "review-2.html"), 2, 1, 3)
    write_page(items, page, folder)
    return (folder / "review-1.html").read_text(encoding="utf-8")


def pictures(page: str) -> list[Pixels]:
    """Return the page's pictures, (rows, columns, 3) red green blue."""
    found = re.findall(r"data:image/jpeg;base64,([A-Za-z0-9+/=]+)", page)
    coded = [np.frombuffer(base64.b64decode(text), np.uint8) for text in found]
    return [cv2.imdecode(one, cv2.IMREAD_COLOR)[..., ::-1] for one in coded]


def test_a_cleaned_slice_is_shown_before_marked_and_after(tmp_path: Path) -> None:
    page = page_of([item("slice-<7>", changed="0.5")], tmp_path)
    before, marked, after = pictures(page)
    assert before.shape == marked.shape == after.shape == (40, 80, 3)
    assert before.mean() == pytest.approx(200, abs=3)
    assert np.abs(marked[:15].mean(axis=(0, 1)) - FILLED).max() < 6
    assert marked[25:].mean() == pytest.approx(0.45 * 200, abs=3)
    assert after[:15].mean() == pytest.approx(10, abs=3)
    assert "slice-&lt;7&gt;" in page and "slice-<7>" not in page
    assert "50.0 %" in page and "plate" in page


def test_an_untouched_slice_is_one_picture(tmp_path: Path) -> None:
    (picture,) = pictures(page_of([item("a", cleaned=False)], tmp_path))
    assert picture.mean() == pytest.approx(200, abs=3)


def test_large_pictures_shrink_to_the_page_and_small_ones_keep_their_size(tmp_path: Path) -> None:
    (large,) = pictures(page_of([item("a", cleaned=False, side=400)], tmp_path))
    assert large.shape[:2] == (SIDE // 2, SIDE)
    (small,) = pictures(page_of([item("a", cleaned=False, side=8)], tmp_path))
    assert small.shape[:2] == (8, 16)


@pytest.mark.parametrize(
    ("share", "text"),
    [("0.123456", "12.3 %"), ("0.01", "1.0 %"), ("0.0042", "0.42 %"), ("0.000001", "0.01 %")],
)
def test_shares_are_percent_that_are_never_zero(share: str, text: str, tmp_path: Path) -> None:
    assert text in page_of([item("a", changed=share)], tmp_path)


def test_the_page_leads_to_its_like_and_holds_no_script(tmp_path: Path) -> None:
    page = page_of([item("a", changed="0.1")], tmp_path)
    assert 'href="review-2.html"' in page
    assert "<script" not in page and "http://" not in page and "https://" not in page
