"""Near-duplicates: copies are found, others are not, and masses of equal ones cost nothing."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import pytest

from hilum.duplicates import collect, find_alike, fingerprint, search
from hilum.duplicates.alignment import aligned_correlation


def jpeg(grey: np.ndarray) -> np.ndarray:
    return cv2.imdecode(cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, 30])[1], 0)


def with_arrow(grey: np.ndarray) -> np.ndarray:
    marked = grey.copy()
    cv2.arrowedLine(marked, (200, 210), (150, 150), 255, 3)
    return marked


def with_caption(grey: np.ndarray) -> np.ndarray:
    marked = grey.copy()
    cv2.putText(marked, "A 11-Apr", (3, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 255, 1)
    return marked


COPIES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "the same file": lambda grey: grey,
    "half the size": lambda grey: cv2.resize(grey, (128, 128), interpolation=cv2.INTER_AREA),
    "another aspect ratio": lambda grey: cv2.resize(grey, (300, 200)),
    "a JPEG of low quality": jpeg,
    "brighter, with less contrast": lambda grey: (grey * 0.7 + 50).astype(np.uint8),
    "darker in the middle": lambda grey: (255 * (grey / 255) ** 1.5).astype(np.uint8),
    "in a white frame": lambda grey: cv2.copyMakeBorder(
        grey, 9, 25, 30, 4, cv2.BORDER_CONSTANT, value=255
    ),
    "cropped into the body": lambda grey: grey[38:215, 18:235],
    "with an arrow": with_arrow,
    "with a caption over a corner": with_caption,
}


def found_among(*pictures: np.ndarray):  # type: ignore[no-untyped-def]
    return find_alike(collect(map(fingerprint, pictures), count=len(pictures)))


@pytest.mark.parametrize("kind", COPIES)
def test_a_copy_is_found_among_others(kind: str, scene) -> None:  # type: ignore[no-untyped-def]
    pictures = [scene(seed) for seed in range(6)]
    found = found_among(*pictures, COPIES[kind](pictures[2]))
    assert found.clusters.tolist() == [0, 1, 2, 3, 4, 5, 2]
    assert found.pairs[["first", "second"]].to_numpy().tolist() == [[2, 6]]
    assert found.pairs["correlation"][0] >= search.SAME


@pytest.mark.parametrize("cut", [(20, 256, 0, 236), (0, 230, 20, 256), (20, 240, 18, 240)])
def test_a_copy_that_lost_much_is_found_among_many(cut: tuple[int, ...], blobs) -> None:  # type: ignore[no-untyped-def]
    top, bottom, left, right = cut
    pictures = [blobs(seed) for seed in range(30)]
    found = found_among(*pictures, jpeg(pictures[11][top:bottom, left:right].copy()))
    assert found.pairs[["first", "second"]].to_numpy().tolist() == [[11, 30]]


def test_different_pictures_of_one_outline_stay_apart(scene) -> None:  # type: ignore[no-untyped-def]
    found = found_among(*(scene(seed) for seed in range(40)))
    assert found.pairs.empty and found.clusters.tolist() == list(range(40))


def test_flat_pictures_are_like_none(scene) -> None:  # type: ignore[no-untyped-def]
    black = np.zeros((60, 60), dtype=np.uint8)
    found = found_among(black, black, scene(1))
    assert found.pairs.empty and found.flat.tolist() == [True, True, False]


def test_a_thousand_equal_pictures_are_one_cluster_of_as_many_pairs(scene) -> None:  # type: ignore[no-untyped-def]
    one = fingerprint(scene(1))
    found = find_alike(collect([one] * 1000, count=1000))
    assert set(found.clusters.tolist()) == {0}
    assert len(found.pairs) == 999 and found.crowded == 0
    assert found.pairs["distance"].max() == 0 and found.pairs["correlation"].min() == 1.0


def test_a_mass_of_copies_lists_few_pairs_and_holds_together(
    scene,
    monkeypatch: pytest.MonkeyPatch,  # type: ignore[no-untyped-def]
) -> None:
    monkeypatch.setattr("hilum.duplicates.candidates.MOST_NEAR", 20)
    monkeypatch.setattr("hilum.duplicates.candidates.MOST_PAIRS", 1)
    rng = np.random.default_rng(0)
    pictures = [
        np.clip(scene(1).astype(int) + rng.normal(0, 2, (256, 256)), 0, 255).astype(np.uint8)
        for _ in range(120)
    ]
    found = found_among(*pictures)
    assert set(found.clusters.tolist()) == {0}
    assert len(found.pairs) <= 120 * search.KEPT
    assert found.crowded == 120 - 21  # all but those with at most 20 later ones


def test_no_slices_have_no_duplicates() -> None:
    found = find_alike(collect([], count=0))
    assert found.pairs.empty and len(found.clusters) == 0


def test_what_can_not_be_aligned_correlates_with_nothing() -> None:
    flat = np.zeros((64, 64), dtype=np.uint8)
    assert aligned_correlation(flat, flat) == 0.0


def test_an_aligned_copy_correlates_wholly(scene) -> None:  # type: ignore[no-untyped-def]
    grey = scene(3, size=128)
    one = cv2.resize(grey, (64, 64), interpolation=cv2.INTER_AREA)
    moved = cv2.resize(np.roll(grey, 4, axis=1), (64, 64), interpolation=cv2.INTER_AREA)
    assert aligned_correlation(one, one) == pytest.approx(1.0, abs=1e-6)
    assert aligned_correlation(one, moved) > 0.95


def test_between_two_sets_only_pairs_of_both_are_compared(scene) -> None:  # type: ignore[no-untyped-def]
    first = [scene(0), scene(1)]
    others = [scene(2), jpeg(scene(2)), scene(3), jpeg(scene(1))]
    prints = collect(map(fingerprint, [*first, *others]), count=6)
    apart = find_alike(prints, first=2)
    assert apart.clusters.tolist() == [0, 1, 2, 3, 4, 1]
    assert apart.pairs[["first", "second"]].to_numpy().tolist() == [[1, 5]]
    assert find_alike(prints).clusters.tolist() == [0, 1, 2, 2, 4, 1]
