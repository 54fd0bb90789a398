"""CT slices as DICOM files in memory, sound or broken as a test wants them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
from drawn_chest import chest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

__all__ = ["chest_hu", "ct_file", "png_file"]


def chest_hu(size: int = 64) -> npt.NDArray[np.int16]:
    """Return a drawn chest in HU: air -1000, lungs -850, body 40."""
    grey = chest(size)
    return np.select([grey == 0, grey < 100], [-1000, -850], 40).astype(np.int16)


def ct_file(
    pixels: npt.NDArray[np.generic] | None = None, *, syntax: str = ExplicitVRLittleEndian,
    **attributes: Any,
) -> bytes:  # fmt: skip
    """Return an axial CT slice; attributes replace, a tuple is a value representation and a value.

    Args:
        pixels: (rows, columns) int16 in HU, or (frames, rows, columns); None: a drawn chest.
        syntax: the transfer syntax that the header states.
    """
    values = chest_hu() if pixels is None else pixels
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CTImageStorage, "1.2.3.4"
    dataset = Dataset()
    dataset.file_meta = meta
    dataset.SOPClassUID, dataset.SOPInstanceUID = CTImageStorage, "1.2.3.4"
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = "1.2", "1.2.3"
    dataset.Modality, dataset.PatientID = "CT", "PATIENT-42"
    dataset.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    dataset.ImagePositionPatient = [0, 0, 0]
    dataset.PixelSpacing = [0.7, 0.7]
    dataset.RescaleSlope, dataset.RescaleIntercept, dataset.RescaleType = 1, 0, "HU"
    dataset.Rows, dataset.Columns = values.shape[-2:]
    if values.ndim == 3:
        dataset.NumberOfFrames = len(values)
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 8 * values.dtype.itemsize
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(values.dtype.kind == "i")
    dataset.PixelData = values.tobytes()
    for keyword, value in attributes.items():
        if isinstance(value, tuple):
            dataset.add_new(keyword, *value)
        else:
            setattr(dataset, keyword, value)
    file = io.BytesIO()
    dataset.save_as(file, enforce_file_format=True)
    return file.getvalue()


def png_file(pixels: npt.NDArray[np.uint8] | None = None) -> bytes:
    """Return grey levels (rows, columns) as PNG; None: a drawn chest."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(chest(64) if pixels is None else pixels).save(file, "PNG")
    return file.getvalue()
