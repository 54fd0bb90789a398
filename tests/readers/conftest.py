"""Made-up DICOM files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian

WriteDicom = Callable[..., Path]


@pytest.fixture
def write_dicom(tmp_path: Path) -> WriteDicom:
    """A function that writes a DICOM file of `pixels`; attributes replace, None removes.

    A tuple is a value representation and a value."""

    def write(
        pixels: np.ndarray | None,
        *,
        name: str = "made.dcm",
        syntax: str = ExplicitVRLittleEndian,
        bare: bool = False,
        **attributes: Any,
    ) -> Path:
        dataset = Dataset()
        dataset.SOPClassUID = CTImageStorage
        dataset.SOPInstanceUID = "1.2.3.4"
        dataset.SeriesInstanceUID = "1.2.3"
        dataset.Modality = "CT"
        if pixels is not None:
            _add_pixels(dataset, pixels)
        for keyword, value in attributes.items():
            if value is None:
                delattr(dataset, keyword)
            elif isinstance(value, tuple):
                dataset.add_new(keyword, *value)
            else:
                setattr(dataset, keyword, value)
        path = tmp_path / name
        if not bare:
            dataset.file_meta = FileMetaDataset()
            dataset.file_meta.TransferSyntaxUID = syntax
            dataset.file_meta.MediaStorageSOPClassUID = attributes.get(
                "SOPClassUID", CTImageStorage
            )
            dataset.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
            dataset.save_as(path, enforce_file_format=True)
        else:
            dataset.save_as(path, implicit_vr=True, little_endian=True)
        return path

    return write


def _add_pixels(dataset: Dataset, pixels: np.ndarray) -> None:
    is_colour = pixels.ndim == 3 and pixels.shape[-1] == 3
    rows, columns = pixels.shape[:2] if is_colour else pixels.shape[-2:]
    dataset.Rows, dataset.Columns = rows, columns
    if pixels.ndim == 3 and not is_colour:
        dataset.NumberOfFrames = len(pixels)
    dataset.SamplesPerPixel = 3 if is_colour else 1
    if is_colour:
        dataset.PlanarConfiguration = 0
    dataset.PhotometricInterpretation = "RGB" if is_colour else "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 8 * pixels.dtype.itemsize
    dataset.HighBit = dataset.BitsStored - 1
    dataset.PixelRepresentation = int(pixels.dtype.kind == "i")
    dataset.PixelData = pixels.tobytes() + b"\0" * (pixels.nbytes % 2)
