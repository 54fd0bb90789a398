"""DICOM headers: opened without a suffix, attributes of functional groups, broken ones refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom.dataset import Dataset

from hilum.errors import ReadError
from hilum.readers import read_slice

WriteDicom = Callable[..., Path]
STORED = np.array([[24, 324], [724, 1024]], np.uint16)
HU = [[-1000.0, -700.0], [-300.0, 0.0]]
RESCALE = {"RescaleSlope": 1, "RescaleIntercept": -1024}


def test_a_bare_data_set_without_suffix_is_read(write_dicom: WriteDicom) -> None:
    path = write_dicom(STORED, name="IM0001", bare=True, **RESCALE)
    assert path.read_bytes()[128:132] != b"DICM"
    image = read_slice(path)
    assert image.hu is not None
    assert image.hu.tolist() == HU


def test_an_enhanced_ct_keeps_its_attributes_in_functional_groups(write_dicom: WriteDicom) -> None:
    def item(**attributes: object) -> Dataset:
        dataset = Dataset()
        for keyword, value in attributes.items():
            setattr(dataset, keyword, value)
        return dataset

    frames = [
        item(
            PixelValueTransformationSequence=[
                item(RescaleSlope=1, RescaleIntercept=intercept, RescaleType="HU")
            ]
        )
        for intercept in (-1024, -1000)
    ]
    path = write_dicom(
        np.stack([STORED, STORED]),
        SOPClassUID="1.2.840.10008.5.1.4.1.1.2.1",
        SharedFunctionalGroupsSequence=[
            item(PixelMeasuresSequence=[item(PixelSpacing=[0.5, 0.6])])
        ],
        PerFrameFunctionalGroupsSequence=frames,
    )
    image = read_slice(path, frame=1)
    assert image.hu is not None
    assert image.hu[0, 0] == -976
    assert image.spacing == (0.5, 0.6)


def test_what_only_begins_like_dicom_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.dcm"
    path.write_bytes(bytes(128) + b"DICM")
    with pytest.raises(ReadError, match="begins like DICOM but holds neither a SOP class nor"):
        read_slice(path)


def test_a_header_that_breaks_off_is_refused(write_dicom: WriteDicom) -> None:
    path = write_dicom(STORED)
    path.write_bytes(path.read_bytes()[:150])
    with pytest.raises(ReadError, match=r"made\.dcm: "):
        read_slice(path)
