"""How alike maps are: the formula written out, known answers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import spearmanr

from hilum.scores.similarity import map_similarity, rank_correlation, scaled_to_maximum, ssim

Floats = npt.NDArray[np.float64]


def bump(row: float, column: float, *, side: int = 32, width: float = 5.0) -> Floats:
    """A map that is hot in one place."""
    rows, columns = np.mgrid[:side, :side]
    return np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * width**2))


@pytest.fixture
def pair() -> tuple[Floats, Floats]:
    rng = np.random.default_rng(0)
    return rng.random((3, 24, 30)), rng.random((3, 24, 30))


def written_out(a: Floats, b: Floats) -> float:
    """Equation 13 of Wang et al. 2004, window by window."""
    offsets = np.arange(-5, 6)
    window = np.exp(-(offsets[:, None] ** 2 + offsets[None, :] ** 2) / (2 * 1.5**2))
    window /= window.sum()
    found = []
    for row in range(5, a.shape[0] - 5):
        for column in range(5, a.shape[1] - 5):
            x = a[row - 5 : row + 6, column - 5 : column + 6]
            y = b[row - 5 : row + 6, column - 5 : column + 6]
            mx, my = (window * x).sum(), (window * y).sum()
            sxx, syy = (window * (x - mx) ** 2).sum(), (window * (y - my) ** 2).sum()
            sxy = (window * (x - mx) * (y - my)).sum()
            found.append(
                (2 * mx * my + 1e-4) * (2 * sxy + 9e-4)
                / ((mx**2 + my**2 + 1e-4) * (sxx + syy + 9e-4))
            )  # fmt: skip
    return float(np.mean(found))


def test_structural_similarity_is_the_formula(pair: tuple[Floats, Floats]) -> None:
    first, second = pair
    expected = [written_out(a, b) for a, b in zip(first, second, strict=True)]
    np.testing.assert_allclose(ssim(first, second), expected, rtol=1e-9)


def test_rank_correlation_is_that_of_scipy_ties_included(pair: tuple[Floats, Floats]) -> None:
    first, second = (np.where(part < 0.4, 0.0, part.round(1)) for part in pair)
    expected = [spearmanr(a.ravel(), b.ravel())[0] for a, b in zip(first, second, strict=True)]
    np.testing.assert_allclose(rank_correlation(first, second), expected, rtol=1e-9)


def test_a_map_is_like_itself_however_strong_and_unlike_its_contrary() -> None:
    maps = np.stack([bump(10, 10), bump(20, 8)])
    found = map_similarity(maps, 40 * maps)
    np.testing.assert_allclose(found["ssim"], 1)
    np.testing.assert_allclose(found["rank_correlation"], 1)
    np.testing.assert_allclose(rank_correlation(maps, 1 - maps), -1)
    assert (ssim(maps, 1 - maps) < 0).all()


def test_maps_that_are_hot_elsewhere_are_less_alike_the_farther() -> None:
    here = np.repeat(bump(10, 10)[None], 3, axis=0)
    there = np.stack([bump(11, 10), bump(16, 14), bump(26, 26)])
    found = map_similarity(here, there)
    assert (np.diff(found["ssim"]) < 0).all()
    assert (np.diff(found["rank_correlation"]) < 0).all()


def test_empty_maps_are_the_same_and_have_no_order_in_common_with_others() -> None:
    empty, full = np.zeros((1, 16, 16)), bump(5, 5, side=16)[None]
    assert map_similarity(empty, empty) == {"ssim": 1.0, "rank_correlation": 1.0}
    found = map_similarity(empty, full)
    assert found["rank_correlation"] == 0
    assert found["ssim"] < 0.7
    assert (scaled_to_maximum(empty) == 0).all()
