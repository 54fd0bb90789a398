"""Hounsfield units: which DICOM images have them, and converting stored values to them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import numpy.typing as npt
from pydicom import Dataset

from hilum.readers.dicom.header import functional_group, number, text
from hilum.readers.dicom.kinds import CT_CLASSES
from hilum.readers.hu_check import (
    MIN_PIXELS,
    UnitCounts,
    count_units,
    tissue_notes,
    unit_problem,
)

__all__ = ["AIR_HU", "IMPLAUSIBLE", "hounsfield", "padding", "rescale", "why_not_hu"]

Pixels = npt.NDArray[Any]
"""(rows, columns) of any stored type, integers as a rule."""

IMPLAUSIBLE = "Not in Hounsfield units, though its header says so"
"""Beginning of the note on values that can't be what the header says."""

AIR_HU = -1000.0
"""Air on the Hounsfield scale; also assigned to pixels outside the scanner's field of view."""

_BELOW_ALL_HU = -1500.0
"""No noise is this far below air, so lower values are undeclared fill around the field of view
(often -2000), which would otherwise give the scanner away."""

_LOWEST_AIR_HU, _FILL_SHARE = -1025.0, 0.005
"""Scanners clip at -1024. A lower minimum that this share of the pixels has exactly is undeclared
fill as well, such as -1200: noise has no such peak."""

_HOUNSFIELD = re.compile(r"H\.?U\.?|HOUN?D?SFIELD( ?UNITS?)?", re.IGNORECASE)
"""Spellings of the unit in Rescale Type; RICORD has "Houndsfield Unit"."""
_UNSPECIFIED = ("", "US", "UNSPECIFIED")

_TISSUE_HU = (-900.0, 3071.0)
"""Range in which a padding value is more likely tissue and is kept (3071: 12-bit maximum)."""

_UNSCALED_AIR = (-1100.0, -900.0)
_UNSCALED_AIR_SHARE = 0.01
"""A CT without rescale counts as HU only if this share of its pixels is in the range of air:
unsigned values without the intercept of -1024 have no negative numbers at all."""


def why_not_hu(header: Dataset, otherwise: str) -> str:
    """Return a sentence on why the values are not Hounsfield units."""
    modality = text(header, "Modality")
    if modality not in ("", "CT"):
        return f"Modality {modality}, not CT: the values are not Hounsfield units."
    return f"Not in Hounsfield units: {otherwise}."


def hounsfield(
    pixels: Pixels, header: Dataset, *, frame: int, notes: list[str]
) -> tuple[npt.NDArray[np.float32] | None, UnitCounts | None]:
    """Return the pixels in Hounsfield units, or None and a note if they have another unit.

    The counts are of all values that the header says are in Hounsfield units, whether they are.
    """
    reason = _reason_not_hu(header, frame=frame)
    if reason:
        notes.append(why_not_hu(header, reason))
        return None, None
    slope, intercept = rescale(header, frame=frame)
    if slope is None:
        if not _looks_like_hu(pixels):
            notes.append("Not in Hounsfield units: a CT without rescale slope and intercept.")
            return None, None
        notes.append(
            "CT without rescale slope and intercept: its values were taken as Hounsfield units."
        )
        slope, intercept = 1.0, 0.0
    hu = pixels.astype(np.float32) * np.float32(slope) + np.float32(intercept)
    _pad_with_air(hu, pixels, header, notes)
    hu[~(hu > _BELOW_ALL_HU)] = AIR_HU  # not-a-number too
    _fill_with_air(hu)
    counts = count_units(hu)
    if problem := unit_problem(counts):
        notes.append(f"{IMPLAUSIBLE}: {problem}.")
        return None, counts
    if text(header, "PhotometricInterpretation") == "MONOCHROME1":
        notes.append(
            "MONOCHROME1 CT: the grey levels follow the Hounsfield units and are not inverted."
        )
    notes += tissue_notes(counts)
    return hu, counts


def _fill_with_air(hu: npt.NDArray[np.float32]) -> None:
    """Set undeclared fill just below the range of air to air."""
    lowest = hu.min()
    if hu.size >= MIN_PIXELS and lowest < _LOWEST_AIR_HU:
        fill = hu == lowest
        if fill.mean() >= _FILL_SHARE:
            hu[fill] = AIR_HU


def _reason_not_hu(header: Dataset, *, frame: int) -> str:
    """Return the reason why an image can't have Hounsfield units, or empty text."""
    sop_class = text(header, "SOPClassUID")
    if text(header, "Modality") not in ("", "CT"):
        return "another modality"
    if sop_class not in CT_CLASSES and (sop_class or not text(header, "Modality")):
        return "a secondary capture or another kind of image"
    group = functional_group(header, "PixelValueTransformationSequence", frame=frame)
    kind = text(group, "RescaleType")
    unspecified = kind.upper() in _UNSPECIFIED
    if not unspecified and not _HOUNSFIELD.fullmatch(kind):
        return f"the values are in {kind}"
    if kind and unspecified and group is not header:
        return "the values have no stated unit"
    if rescale(header, frame=frame)[0] is None and "SECONDARY" in text(header, "ImageType"):
        return "a secondary image without rescale slope and intercept"
    return ""


def rescale(header: Dataset, *, frame: int) -> tuple[float | None, float]:
    """Return slope and intercept; the slope is None if they are missing or unusable."""
    group = functional_group(header, "PixelValueTransformationSequence", frame=frame)
    slope, intercept = number(group, "RescaleSlope"), number(group, "RescaleIntercept")
    if intercept is None or slope == 0:
        return None, 0.0
    return (1.0 if slope is None else slope), intercept


def _looks_like_hu(pixels: Pixels) -> bool:
    """Return whether values without rescale are already Hounsfield units, with air at -1000."""
    low, high = _UNSCALED_AIR
    values = pixels.astype(np.float32)
    return float(((values >= low) & (values <= high)).mean()) >= _UNSCALED_AIR_SHARE


def padding(pixels: Pixels, header: Dataset) -> tuple[npt.NDArray[np.bool_] | None, float]:
    """Return the mask of pixels with the padding value (or range), and that value as stored."""
    edges = [number(header, keyword) for keyword in ("PixelPaddingValue", "PixelPaddingRangeLimit")]
    if edges[0] is None:
        return None, 0.0
    signed = np.issubdtype(pixels.dtype, np.signedinteger)
    full = 2 ** (8 * pixels.dtype.itemsize)
    stored = []
    for edge in edges:
        if edge is not None:  # the value representation may have lost the sign
            wraps = full if signed and edge >= full / 2 else -full if not signed and edge < 0 else 0
            stored.append(edge - wraps)
    low, high = min(stored), max(stored)
    return (pixels >= low) & (pixels <= high), stored[0]


def _pad_with_air(
    hu: npt.NDArray[np.float32],
    pixels: Pixels,
    header: Dataset,
    notes: list[str],
) -> None:
    """Set padding to air, unless the padding value would be tissue."""
    where, stored = padding(pixels, header)
    if where is None or not where.any():
        return
    level = float(hu[pixels == stored].flat[0]) if (pixels == stored).any() else AIR_HU
    if _TISSUE_HU[0] < level < _TISSUE_HU[1]:
        notes.append(
            f"The padding value is {level:g} HU, in the range of tissue: padding was not replaced."
        )
        return
    hu[where] = AIR_HU
