"""CT slices as DICOM files in memory, sound or broken as a test wants them."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import numpy.typing as npt
from drawn_chest import chest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

__all__ = ["chest_files", "chest_hu", "ct_file", "png_file"]


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
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
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
    return file.getvalue() if syntax == ExplicitVRLittleEndian else _stating(file, syntax)


def _stating(file: io.BytesIO, syntax: str) -> bytes:
    """Return a file that states another transfer syntax than the one that it is written in."""
    content, value = file.getvalue(), syntax.encode() + b"\0" * (len(syntax) % 2)
    before = b"UI" + (len(ExplicitVRLittleEndian) + 1).to_bytes(2, "little")
    before += ExplicitVRLittleEndian.encode() + b"\0"
    after = b"UI" + len(value).to_bytes(2, "little") + value
    length = int.from_bytes(content[140:144], "little") + len(after) - len(before)
    stated = content[:140] + length.to_bytes(4, "little") + content[144:]
    assert before in stated
    return stated.replace(before, after, 1)


def chest_files(count: int = 6, *, study: str = "1.2") -> list[bytes]:
    """Return axial slices of one series, from head to feet, whose number stands in a corner.

    A pixel is 5 mm, so that the drawn chest is as large as one.
    """
    files = []
    for number in range(count):
        pixels = chest_hu()
        pixels[0, 0] = number
        files.append(
            ct_file(
                pixels,
                PixelSpacing=[5, 5],
                ImagePositionPatient=[0, 0, -30 * number],
                InstanceNumber=number + 1,
                SOPInstanceUID=f"1.2.3.{number + 1}",
                SliceThickness=30,
                FrameOfReferenceUID="1.2.9",
                StudyInstanceUID=study,
                SeriesInstanceUID=f"{study}.3",
            )
        )
    return files


def png_file(pixels: npt.NDArray[np.uint8] | None = None) -> bytes:
    """Return grey levels (rows, columns) as PNG; None: a drawn chest."""
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(chest(64) if pixels is None else pixels).save(file, "PNG")
    return file.getvalue()
