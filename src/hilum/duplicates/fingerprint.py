"""Fingerprints of slices for near-duplicate search: 64-bit hashes and small pictures."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from hilum.duplicates.sketch import sketch_of
from hilum.duplicates.trim import trim

__all__ = ["DETAIL", "SIZE", "VIEWS", "Fingerprint", "detail_of", "fingerprint"]

Grey = npt.NDArray[np.uint8]
Real = npt.NDArray[np.float32]

SIZE = 64
"""Side in pixels of the compared picture: 5 to 8 mm of a chest each, so that vessels count."""

DETAIL = 32
"""Side in pixels of the coarser detail that ranks candidates."""

BLUR = 2.0
"""Standard deviation, in pixels of SIZE, of the Gaussian blur that is subtracted. This removes the
outline of body and lungs, which all chests share; the remaining detail differs between patients."""

WAVES = 8
"""Number of lowest cosine frequencies per axis in the hash, of a picture of DETAIL x DETAIL."""

FLAT = 2.0
"""A picture whose grey levels have a smaller standard deviation has no detail to compare."""

VIEWS = 2
"""Every slice has two views, trimmed and untrimmed: a letter in a corner may keep the border of one
copy from being trimmed, and then only the untrimmed pictures are similar."""


@dataclass(frozen=True)
class Fingerprint:
    """Fingerprint of one slice; view 0 is trimmed of its borders, view 1 is not.

    Attributes:
        hashes: (VIEWS,) uint64; near-duplicates differ in a few bits of one of them.
        details: (VIEWS, DETAIL, DETAIL) int8, the view minus its blur, scaled to -127 ... 127.
        picture: (SIZE, SIZE) uint8, view 0.
        sketch: (SKETCH, SKETCH) int8, of view 0.
        flat: whether it has no detail to compare.
    """

    hashes: npt.NDArray[np.uint64]
    details: npt.NDArray[np.int8]
    picture: Grey
    sketch: npt.NDArray[np.int8]
    flat: bool


def fingerprint(grey: Grey) -> Fingerprint:
    """Return the fingerprint of a slice (rows, columns) uint8; the aspect ratio is not kept."""
    views = [_small(trim(grey)), _small(grey)]
    return Fingerprint(
        hashes=np.array([_hash(view) for view in views], dtype=np.uint64),
        details=np.stack([_coarse_detail(view) for view in views]),
        picture=views[0],
        sketch=sketch_of(views[0]),
        flat=float(views[0].std()) < FLAT,
    )


def _small(grey: Grey) -> Grey:
    """Return a picture as (SIZE, SIZE)."""
    pixels = np.ascontiguousarray(grey)
    return np.asarray(
        cv2.resize(pixels, (SIZE, SIZE), interpolation=cv2.INTER_AREA), dtype=np.uint8
    )


def _hash(picture: Grey) -> int:
    """Return 64 bits: the classic perceptual hash.

    They are the signs, against their median, of the lowest WAVES x WAVES coefficients of the
    discrete cosine transform (Zauner 2010, Implementation and benchmarking of perceptual image
    hash functions). The difference hash finds many more false candidates: 15 % of the pairs of
    different patients lie within 12 bits, against 2.5 % here.
    """
    coarse = cv2.resize(picture.astype(np.float32), (DETAIL, DETAIL), interpolation=cv2.INTER_AREA)
    waves = np.asarray(cv2.dct(coarse))[:WAVES, :WAVES].ravel()
    bits = waves > np.median(waves[1:])  # the first is the brightness
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


def _coarse_detail(picture: Grey) -> npt.NDArray[np.int8]:
    """Return the detail of a picture as (DETAIL, DETAIL), scaled to -127 ... 127."""
    detail = np.asarray(
        cv2.resize(detail_of(picture), (DETAIL, DETAIL), interpolation=cv2.INTER_AREA)
    )
    top = float(np.abs(detail).max())
    return np.rint(detail * (127 / top if top else 0)).astype(np.int8)


def detail_of(picture: npt.NDArray[np.generic]) -> Real:
    """Return a picture (SIZE, SIZE) minus its blur, float32."""
    fine = np.asarray(picture, dtype=np.float32)
    return np.asarray(fine - cv2.GaussianBlur(fine, (0, 0), BLUR), dtype=np.float32)
