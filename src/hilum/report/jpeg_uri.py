"""Pictures of slices within a page, as JPEG."""

from __future__ import annotations

import base64

import cv2
import numpy as np
import numpy.typing as npt

__all__ = ["jpeg_uri"]

QUALITY = 88
"""What JPEG loses at this quality isn't seen at the size of a page."""


def jpeg_uri(pixels: npt.NDArray[np.uint8]) -> str:
    """Return (rows, columns, 3) RGB uint8 pixels as a data URI."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, QUALITY]
    data = cv2.imencode(".jpg", pixels[..., ::-1], quality)[1].tobytes()
    return f"data:image/jpeg;base64,{base64.b64encode(data).decode('ascii')}"
