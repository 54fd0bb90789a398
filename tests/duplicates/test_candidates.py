"""Candidates: no pair within the radius is missed, in either view."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.duplicates import Prints, candidates
from hilum.duplicates.candidates import RADIUS, near_slices
from hilum.duplicates.sketch import SKETCH
from hilum.progress import SILENT


def prints_of(hashes: np.ndarray, details: np.ndarray | None = None) -> Prints:
    count = len(hashes)
    filled = np.zeros((count, 2, 32, 32), dtype=np.int8) if details is None else details
    pictures = np.zeros((count, 64, 64), dtype=np.uint8)
    sketches = np.zeros((count, SKETCH, SKETCH), dtype=np.int8)
    return Prints(hashes.astype(np.uint64), filled, pictures, sketches, np.zeros(count, dtype=bool))


def some_hashes(count: int, seed: int) -> np.ndarray:
    """Hashes in families that differ in up to 28 bits, so that every distance occurs."""
    rng = np.random.default_rng(seed)
    families = rng.integers(0, 2**63, (5, 2), dtype=np.uint64)
    hashes = families[rng.integers(0, 5, count)]
    for _ in range(28):
        hashes ^= (rng.integers(0, 2, hashes.shape).astype(np.uint64)) << rng.integers(
            0, 64, hashes.shape
        ).astype(np.uint64)
    return hashes


@pytest.mark.parametrize("seed", range(3))
def test_exactly_the_pairs_within_the_radius_are_found(seed: int) -> None:
    hashes = some_hashes(120, seed)
    found = {
        (near.slice, int(other)): int(distance)
        for near in near_slices(prints_of(hashes), np.arange(120), SILENT)
        for other, distance in zip(near.others, near.distances, strict=True)
    }
    expected = {}
    for first in range(120):
        for second in range(first + 1, 120):
            distance = min(
                (int(hashes[first, view]) ^ int(hashes[second, view])).bit_count()
                for view in (0, 1)
            )
            if distance <= RADIUS:
                expected[first, second] = distance
    assert expected and found == expected


def test_the_bits_are_counted_without_numpy_2_too(monkeypatch: pytest.MonkeyPatch) -> None:
    words = np.array([0, 1, 2**64 - 1, 0x8000_0000_0000_0001], dtype=np.uint64)
    monkeypatch.setattr(candidates, "_POPCOUNT", None)
    assert candidates._bits(words).tolist() == [0, 1, 64, 2]


def test_likeness_is_pearsons_correlation_in_the_better_view() -> None:
    details = np.random.default_rng(0).integers(-127, 128, (3, 2, 32, 32)).astype(np.int8)
    found = next(near_slices(prints_of(np.zeros((3, 2)), details), np.arange(3), SILENT))
    expected = [
        max(
            np.corrcoef(details[0, view].ravel(), details[other, view].ravel())[0, 1]
            for view in (0, 1)
        )
        for other in (1, 2)
    ]
    assert found.correlations.tolist() == pytest.approx(expected, abs=1e-5)


def test_where_too_many_are_near_the_nearest_are_taken_and_it_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(candidates, "MOST_NEAR", 2)
    monkeypatch.setattr(candidates, "MOST_PAIRS", 8)
    hashes = np.array([[0, 0], [7, 7], [1, 1], [3, 3]])
    near = next(near_slices(prints_of(hashes), np.arange(4), SILENT))
    assert near.others.tolist() == [2, 3] and near.crowded


def test_of_few_slices_all_within_the_radius_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(candidates, "MOST_NEAR", 2)
    near = next(
        near_slices(prints_of(np.array([[0, 0], [7, 7], [1, 1], [3, 3]])), np.arange(4), SILENT)
    )
    assert near.others.tolist() == [1, 2, 3] and not near.crowded
