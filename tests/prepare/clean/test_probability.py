"""Annotation probability: at the size the network knows, by three passes, at the picture's size."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from hilum.prepare.clean import probability
from hilum.prepare.clean.probability import annotation_probability

Picture = npt.NDArray[np.uint8]


@pytest.mark.parametrize(
    ("shape", "scale"),
    [((320, 320), 1.0), ((560, 300), 1.0), ((600, 300), 0.8), ((150, 100), 1.92), ((200, 90), 1.0)],
)
def test_large_pictures_are_reduced_and_small_ones_enlarged(
    shape: tuple[int, int], scale: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probability, "_output", lambda pixels: np.zeros(pixels.shape[:2], "f4"))
    found = annotation_probability(np.zeros(shape, np.uint8))
    assert found.scale == pytest.approx(scale)
    size = tuple(round(side * scale) for side in shape)
    assert found.mean.shape == found.near.shape == size


def test_the_mean_is_of_three_passes_one_of_them_mirrored(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Picture] = []

    def columns(pixels: Picture) -> npt.NDArray[np.float32]:
        """Answer with the column's number, as a share: it shows whether a pass was mirrored."""
        seen.append(pixels)
        share = np.linspace(0, 1, pixels.shape[1], dtype=np.float32)
        return np.broadcast_to(share, pixels.shape[:2]).copy()

    monkeypatch.setattr(probability, "_output", columns)
    picture = np.zeros((300, 300), np.uint8)
    picture[:, 200:] = 255
    found = annotation_probability(picture)
    assert sorted(one.shape for one in seen) == [(210, 210), (300, 300), (600, 600)]
    far = next(one for one in seen if one.shape == (210, 210))
    assert far[:, 0].min() == 255 and far[:, -1].max() == 0  # mirrored before the network
    # two passes rise from left to right, the mirrored one falls: their mean rises by a third
    assert float(found.mean[0, 0]) == pytest.approx(1 / 3, abs=0.01)
    assert float(found.mean[0, -1]) == pytest.approx(2 / 3, abs=0.01)
    assert float(found.near[0, -1]) == pytest.approx(1, abs=0.01)


def test_the_close_up_is_limited_in_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes: list[int] = []

    def counted(pixels: Picture) -> npt.NDArray[np.float32]:
        sizes.append(pixels.shape[0] * pixels.shape[1])
        return np.zeros(pixels.shape[:2], np.float32)

    monkeypatch.setattr(probability, "_output", counted)
    annotation_probability(np.zeros((560, 560), np.uint8))
    assert max(sizes) == pytest.approx(450_000, rel=0.01)
    sizes.clear()
    annotation_probability(np.zeros((300, 300), np.uint8))
    assert max(sizes) == 600 * 600


def test_the_network_is_fed_with_sides_that_it_can_take(monkeypatch: pytest.MonkeyPatch) -> None:
    fed: list[npt.NDArray[np.float32]] = []

    class Network:
        def setInput(self, padded: npt.NDArray[np.float32]) -> None:  # noqa: N802  OpenCV's
            fed.append(padded)

        def forward(self) -> npt.NDArray[np.float32]:
            return fed[-1][:, :1]

    monkeypatch.setattr(probability, "_network", Network)
    grey = np.full((33, 64), 51, np.uint8)
    output = probability._output(grey)
    assert fed[0].shape == (1, 3, 64, 64)
    assert fed[0][0, :, :33, :64].min() == pytest.approx(0.2) and fed[0][0, :, 33:].max() == 0
    assert output.shape == (33, 64) and output.min() == pytest.approx(0.2)


def test_arrows_are_probable_and_tissue_is_not(
    phantoms: list[Picture], annotate: Callable[[Picture, int], Picture]
) -> None:
    marked = annotate(phantoms[0], 255)
    drawn = cv2.erode((marked != phantoms[0]).astype(np.uint8), np.ones((3, 3))) > 0
    found = annotation_probability(marked)
    assert found.mean[drawn].mean() > 0.7
    assert found.mean[marked == phantoms[0]].mean() < 0.02
