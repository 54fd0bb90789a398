"""PNG pictures in files; OpenCV is loaded here."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from hilum.storage.atomic import as_storage_error

__all__ = ["encode_png", "write_png"]


def encode_png(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Return (rows, columns) grey or (rows, columns, 3) BGR uint8 pixels as the bytes of a PNG."""
    return cv2.imencode(".png", pixels)[1].tobytes()


def write_png(pixels: npt.NDArray[np.uint8], path: Path) -> None:
    """Write (rows, columns) grey or (rows, columns, 3) BGR uint8 pixels.

    Raises:
        StorageError: the disk refused.
    """
    with as_storage_error(path):
        path.write_bytes(encode_png(pixels))
