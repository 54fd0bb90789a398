"""Fingerprints: alike for copies, unlike for others, flat where there is nothing."""

from __future__ import annotations

import cv2
import numpy as np

from hilum.duplicates import fingerprint


def bits(one: np.uint64, other: np.uint64) -> int:
    return (int(one) ^ int(other)).bit_count()


def test_the_hash_is_the_sign_of_the_lowest_cosine_waves() -> None:
    grey = np.tile(np.linspace(0, 255, 64), (64, 1)).astype(np.uint8)
    found = fingerprint(grey)
    coarse = cv2.resize(grey.astype(np.float32), (32, 32), interpolation=cv2.INTER_AREA)
    waves = cv2.dct(coarse)[:8, :8].ravel()
    expected = int("".join("1" if wave > np.median(waves[1:]) else "0" for wave in waves), 2)
    assert int(found.hashes[1]) == expected


def test_a_copy_differs_in_few_bits_and_another_picture_in_many(scene) -> None:  # type: ignore[no-untyped-def]
    grey = scene(1)
    smaller = cv2.resize(grey, (150, 150), interpolation=cv2.INTER_AREA)
    compressed = cv2.imdecode(cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, 30])[1], 0)
    brighter = np.clip(grey * 0.8 + 30, 0, 255).astype(np.uint8)
    one = fingerprint(grey)
    for copy in (smaller, compressed, brighter):
        assert bits(one.hashes[0], fingerprint(copy).hashes[0]) <= 4


def test_flat_is_what_shows_nothing(scene) -> None:  # type: ignore[no-untyped-def]
    assert fingerprint(np.full((50, 40), 17, dtype=np.uint8)).flat
    assert not fingerprint(scene(1)).flat


def test_detail_is_stretched_and_a_flat_picture_has_none(scene) -> None:  # type: ignore[no-untyped-def]
    assert np.abs(fingerprint(scene(1)).details).max(axis=(1, 2)).tolist() == [127, 127]
    assert not fingerprint(np.full((50, 40), 17, dtype=np.uint8)).details.any()
