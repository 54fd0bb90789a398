"""Pages of harmonised slices."""

from __future__ import annotations

import base64
import re
from pathlib import Path

import cv2
import numpy as np

from hilum.boxes import Box
from hilum.report.harmonise import LESION, PART, HarmoniseCard, HarmonisePage, write_harmonise_page


def test_part_and_lesions_are_drawn_where_they_are(tmp_path: Path) -> None:
    card = HarmoniseCard(
        name="a & b", code="cut", before=np.full((140, 280), 90, np.uint8),
        edges=(20, 40, 120, 240), after=np.full((192, 192), 120, np.uint8),
        boxes=[Box(48, 96, 96, 144)],
    )  # fmt: skip
    page = HarmonisePage("slices.csv", 0, ["review-1.html"], flagged=1, slices=3)
    write_harmonise_page([card], page, tmp_path)
    text = (tmp_path / "review-1.html").read_text(encoding="utf-8")
    assert "a &amp; b" in text
    assert "In 1 of 3 slices" in text
    assert "<script" not in text
    before, after = (
        cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)[..., ::-1]
        for data in re.findall(r"data:image/jpeg;base64,([^\"]+)", text)
    )
    assert np.abs(before[20, 100].astype(int) - PART).max() < 90
    assert np.abs(before[70, 140].astype(int) - 90).max() < 12
    assert np.abs(after[70, 170].astype(int) - LESION).max() < 90
    assert after.shape[:2] == (280, 280)
