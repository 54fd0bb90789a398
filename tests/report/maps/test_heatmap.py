"""The picture of one slice: the map over it, the boxes, the scale, and what is written below."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.boxes import Box
from hilum.report.maps.colours import GREEN
from hilum.report.maps.heatmap import (
    GAP,
    LEAST_WIDTH,
    SHOWN_SIDE,
    SMALL_TEXT,
    TEXT,
    Caption,
    Scale,
    _font,
    _wrapped,
    draw_heatmap,
)

CAPTION = Caption("Grad-CAM for cancer. Probability of cancer: 0.98", "Called cancer")
SCALE = Scale(2.0, "logits per pixel of the map")


def picture(cam_map: np.ndarray, grey: np.ndarray, **how: object) -> np.ndarray:
    given = {"scale": SCALE, "boxes": [], "caption": CAPTION, **how}
    return np.asarray(draw_heatmap(grey, cam_map, **given))  # type: ignore[arg-type]


def test_a_planted_square_comes_out_where_it_is_on_a_slice_that_is_no_square() -> None:
    grey, cam_map = np.full((100, 200), 60, np.uint8), np.zeros((100, 200), np.float32)
    cam_map[20:40, 120:160] = 2.0
    found = picture(cam_map, grey, boxes=[Box(20, 120, 40, 160)]).astype(int)
    left = SHOWN_SIDE + GAP
    over = found[: SHOWN_SIDE // 2, left : left + SHOWN_SIDE]
    red = np.argwhere(over[:, :, 0] - over[:, :, 1] > 60)
    scale = SHOWN_SIDE / 200
    assert red.min(axis=0).tolist() == [20 * scale, 120 * scale]
    assert (red.max(axis=0) + 1).tolist() == [40 * scale, 160 * scale]
    plain = found[: SHOWN_SIDE // 2, :SHOWN_SIDE]
    green = np.argwhere((plain == GREEN).all(axis=2))
    assert green.min(axis=0) == pytest.approx([20 * scale - 2, 120 * scale - 2], abs=1)


def test_a_zero_map_paints_nothing_and_a_weak_one_stays_pale() -> None:
    grey = np.full((64, 64), 60, np.uint8)
    left = SHOWN_SIDE + GAP
    side = slice(left, left + SHOWN_SIDE)
    zero = picture(np.zeros((64, 64), np.float32), grey)
    assert (zero[:SHOWN_SIDE, side] == 60).all()
    weak = picture(np.full((64, 64), 0.1, np.float32), grey)[:SHOWN_SIDE, side].astype(int)
    strong = picture(np.full((64, 64), 2.0, np.float32), grey)[:SHOWN_SIDE, side].astype(int)
    assert np.abs(weak - 60).max() < 30 < np.abs(strong - 60).max()


def test_a_scale_of_nothing_paints_nothing() -> None:
    grey = np.full((8, 8), 60, np.uint8)
    found = picture(np.zeros((8, 8), np.float32), grey, scale=Scale(0.0, "x"))
    assert (found[:SHOWN_SIDE, SHOWN_SIDE + GAP :][:, :SHOWN_SIDE] == 60).all()


def test_what_is_written_stands_below_and_research_use_too(monkeypatch: pytest.MonkeyPatch) -> None:
    from PIL import ImageDraw

    output: list[str] = []
    write = ImageDraw.ImageDraw.text
    monkeypatch.setattr(
        ImageDraw.ImageDraw, "text",
        lambda self, at, text, *a, **k: (output.append(text), write(self, at, text, *a, **k))[1],
    )  # fmt: skip
    grey = np.full((64, 64), 60, np.uint8)
    caption = Caption(CAPTION.of_map, CAPTION.of_slice, "Zero map: nothing to paint.")
    found = picture(np.zeros((64, 64), np.float32), grey, caption=caption)
    assert output == [
        "2", "0", "Grad-CAM for cancer. Probability of cancer: 0.98",
        "Called cancer. Zero map: nothing to paint.",
        "Scale: logits per pixel of the map. Research use only.",
    ]  # fmt: skip
    assert found[SHOWN_SIDE:].min() < 80  # ink


def test_text_is_readable_at_half_the_size_and_stays_inside_a_narrow_picture() -> None:
    """A card of a report is 24rem wide: of 384 pixels, 12 and more for a letter's height."""
    grey = np.full((320, 100), 60, np.uint8)
    found = draw_heatmap(grey, np.zeros((320, 100), np.float32), scale=SCALE, boxes=[],
                         caption=CAPTION)  # fmt: skip
    assert found.width == LEAST_WIDTH
    square = picture(np.zeros((64, 64), np.float32), np.full((64, 64), 60, np.uint8))
    assert SMALL_TEXT * 384 / square.shape[1] >= 12
    for text in (CAPTION.of_map, "Scale: logits per pixel of the map. Research use only."):
        lines = _wrapped(text, TEXT, LEAST_WIDTH)
        assert " ".join(lines) == text
        assert max(_font(TEXT).getlength(line) for line in lines) <= LEAST_WIDTH
