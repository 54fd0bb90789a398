"""Grey levels of a decoded DICOM frame, from Hounsfield units or as its header specifies."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from pydicom import Dataset
from pydicom.pixels import apply_color_lut

from hilum.errors import ReadError
from hilum.readers.dicom.header import BROKEN, functional_group, number, numbers, text
from hilum.readers.dicom.hu import IMPLAUSIBLE, hounsfield, padding, rescale, why_not_hu
from hilum.readers.dicom.lut import read_table
from hilum.readers.hu_check import UnitCounts
from hilum.readers.stretch import HIGH_PERCENTILE, LOW_PERCENTILE, robust_range, stretch
from hilum.readers.window import Window, apply_window

__all__ = ["Rendering", "render"]


@dataclass
class Rendering:
    """Grey levels of a frame, and how they were derived (see SliceImage)."""

    grey: npt.NDArray[np.uint8]
    hu: npt.NDArray[np.float32] | None = None
    window: Window | None = None
    value_range: tuple[float, float] | None = None
    notes: list[str] = field(default_factory=list)
    unit_counts: UnitCounts | None = None


def render(pixels: npt.NDArray[Any], header: Dataset, *, window: Window, frame: int) -> Rendering:
    """Return the grey levels of one frame.

    Hounsfield units are shown through `window`, and are not inverted even if the file is
    MONOCHROME1. All other grey images use the file's own window or look-up table, or else a robust
    range of their values; 8-bit images without either are used as they are; MONOCHROME1 is
    inverted. Colour becomes luma (ITU-R BT.601).

    Args:
        pixels: (rows, columns) or (rows, columns, 3), as stored.
        window: used for Hounsfield units only.
    """
    if pixels.ndim == 3 or text(header, "PhotometricInterpretation") == "PALETTE COLOR":
        rendering = Rendering(_luma(pixels, header))
        rendering.notes.append(why_not_hu(header, "a colour image"))
        return rendering
    notes: list[str] = []
    hu, counts = hounsfield(pixels, header, frame=frame, notes=notes)
    if hu is not None:
        grey = apply_window(hu, window)
        return Rendering(grey, hu=hu, window=window, notes=notes, unit_counts=counts)
    if notes and notes[-1].startswith(IMPLAUSIBLE):
        header = _without_window(header)
    return replace(_presentation(pixels, header, frame=frame, notes=notes), unit_counts=counts)


def _without_window(header: Dataset) -> Dataset:
    """Return the attributes for grey levels without a window, which would be in other units."""
    plain = Dataset()
    plain.set_original_encoding(*header.original_encoding)
    for keyword in ("PhotometricInterpretation", "PixelPaddingValue", "PixelPaddingRangeLimit"):
        if keyword in header:
            plain[keyword] = header[keyword]
    return plain


def _luma(pixels: npt.NDArray[Any], header: Dataset) -> npt.NDArray[np.uint8]:
    """Return colour pixels as 8-bit luma."""
    bits = number(header, "BitsStored") or 8
    if pixels.ndim == 2:
        try:
            pixels = np.asarray(apply_color_lut(pixels, header))
        except BROKEN as error:
            raise ReadError("its colour palette is missing or broken.") from error
        bits = 8 * pixels.dtype.itemsize
    if bits > 8:
        pixels = pixels.astype(np.uint32) >> (int(bits) - 8)
    return np.array(Image.fromarray(pixels[..., :3].astype(np.uint8), "RGB").convert("L"))


def _presentation(
    pixels: npt.NDArray[Any], header: Dataset, *, frame: int, notes: list[str]
) -> Rendering:
    """Return grey levels without Hounsfield units, as the header specifies them."""
    padded, _ = padding(pixels, header)
    values = _modality_values(pixels, header, frame=frame)
    grey, value_range, method = _voi(values, header, frame=frame)
    if grey is None and values is pixels and pixels.dtype == np.uint8:
        grey, method = pixels.astype(np.uint8), "its 8-bit values unchanged"
    if grey is None:
        unpadded = values if padded is None or padded.all() else values[~padded]
        value_range = robust_range(unpadded)
        grey = stretch(values, value_range)
        method = f"percentiles {LOW_PERCENTILE} to {HIGH_PERCENTILE} of its own values"
    notes.append(f"Shown with {method}.")
    if text(header, "PhotometricInterpretation") == "MONOCHROME1":
        grey = 255 - grey
    if padded is not None:
        grey = np.where(padded, np.uint8(0), grey)
    return Rendering(grey, value_range=value_range, notes=notes)


def _modality_values(pixels: npt.NDArray[Any], header: Dataset, *, frame: int) -> npt.NDArray[Any]:
    """Return values after rescale or Modality LUT; `pixels` itself if there is neither."""
    slope, intercept = rescale(header, frame=frame)
    if slope is not None and (slope, intercept) != (1.0, 0.0):
        return pixels.astype(np.float64) * slope + intercept
    table = read_table(header, "ModalityLUTSequence", is_little_endian=_is_little_endian(header))
    return pixels if table is None else table.apply(pixels)


def _is_little_endian(header: Dataset) -> bool:
    return header.original_encoding[1] is not False


def _voi(
    values: npt.NDArray[Any], header: Dataset, *, frame: int
) -> tuple[npt.NDArray[np.uint8] | None, tuple[float, float] | None, str]:
    """Return the grey levels of the file's first look-up table or window, if any.

    Returns:
        grey levels (None if the file has neither), the values of 0 and 255, and the method.
    """
    group = functional_group(header, "FrameVOILUTSequence", frame=frame)
    table = read_table(group, "VOILUTSequence", is_little_endian=_is_little_endian(header))
    if table is not None:
        return stretch(table.apply(values), (0.0, table.top)), table.inputs, "its look-up table"
    widths, centers = numbers(group, "WindowWidth"), numbers(group, "WindowCenter")
    if not widths or not centers or widths[0] <= 0:
        return None, None, ""
    value_range = _window_range(widths[0], centers[0], text(group, "VOILUTFunction"))
    return stretch(values, value_range), value_range, "its own window"


def _window_range(width: float, center: float, function: str) -> tuple[float, float]:
    """Return the values at both ends of a window (PS3.3 C.11.2.1.2.1 and C.11.2.1.3.2).

    LINEAR reaches from center - 0.5 - (width - 1) / 2 to center - 0.5 + (width - 1) / 2;
    LINEAR_EXACT from center - width / 2 to center + width / 2; SIGMOID is treated as the latter.
    """
    if function in ("", "LINEAR") and width > 1:
        return center - 0.5 - (width - 1) / 2, center - 0.5 + (width - 1) / 2
    return center - width / 2, center + width / 2
