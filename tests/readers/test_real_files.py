"""Real files of many makers: what is read, what is refused, and some exact values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hilum.errors import ReadError
from hilum.readers import SliceImage, count_frames, is_candidate, read_slice

REFUSED = {
    "highdicom__seg_image_ct_binary.dcm": "it is a segmentation",
    "highdicom__sm_image.dcm": "it is a whole-slide microscopy image",
    "highdicom__sr_document.dcm": "it is a structured report",
    "pydicom__DICOMDIR": "it is a DICOMDIR index",
    "pydicom__JPEG-lossy.dcm": "broken or can't be decoded here",
    "pydicom__MR_truncated.dcm": "the file is cut short",
    "pydicom__badVR.dcm": "it is an RT dose grid",
    "pydicom__empty_charset_LEI.dcm": "holds neither a SOP class nor an image",
    "pydicom__meta_missing_tsyntax.dcm": "holds neither a SOP class nor an image",
    "pydicom__no_meta.dcm": "its content is of no known format",
    "pydicom__reportsi.dcm": "it is a structured report",
    "pydicom__rtdose.dcm": "it is an RT dose grid",
    "pydicom__rtplan.dcm": "it is an RT plan",
    "pydicom__rtplan_truncated.dcm": "it is an RT plan",
    "pydicom__rtstruct.dcm": "it is an RT structure set",
    "pydicom__test-SR.dcm": "it is a structured report",
    "pydicom__waveform_ecg.dcm": "it is a waveform such as an ECG",
    "pydicomdata__liver.dcm": "it is a segmentation",
}


@pytest.fixture
def variety(real_data: Path) -> Path:
    return real_data / "dicom-variety"


@pytest.fixture(scope="module")
def outcomes(real_data: Path) -> dict[str, SliceImage | str]:
    """What became of each file of the variety: the first frame, or why it was refused."""
    found: dict[str, SliceImage | str] = {}
    for path in filter(is_candidate, (real_data / "dicom-variety").iterdir()):
        try:
            found[path.name] = read_slice(path, frame=0)
        except ReadError as error:
            found[path.name] = str(error)
    return found


def test_the_variety_is_read_or_refused_as_listed(outcomes: dict[str, SliceImage | str]) -> None:
    refused = {name: what for name, what in outcomes.items() if isinstance(what, str)}
    assert len(outcomes) == 60
    assert refused.keys() == REFUSED.keys()
    assert all(words in refused[name] for name, words in REFUSED.items())


def test_one_image_in_five_encodings_is_one_image(variety: Path) -> None:
    ends = ("", "_RLE", "_expb", "_implicit", "_jpeg_ls_lossless")
    images = [read_slice(variety / f"pydicom__MR_small{end}.dcm") for end in ends]
    assert all(np.array_equal(image.grey, images[0].grey) for image in images)
    assert images[0].value_range == (-200.0, 1399.0)


def test_a_relabelled_monochrome1_twin_is_the_exact_inverse(variety: Path) -> None:
    plain = read_slice(variety / "txrv__cr_chest_jpegbaseline.dcm").grey.astype(int)
    relabelled = read_slice(variety / "txrv__Fake_MONOHR1.dcm").grey.astype(int)
    assert (plain + relabelled == 255).all()


def test_only_original_ct_carries_hounsfield_units(outcomes: dict[str, SliceImage | str]) -> None:
    carries = {
        name.split("__")[1]
        for name, what in outcomes.items()
        if not isinstance(what, str) and what.hu is not None
    }
    assert len(carries) == 12
    assert "eCT_Supplemental.dcm" not in carries  # a perfusion map


@pytest.mark.parametrize(("name", "frames"), [("examples_ybr_color", 30), ("MR_small", 1)])
def test_frames_are_counted(variety: Path, name: str, frames: int) -> None:
    assert count_frames(variety / f"pydicom__{name}.dcm") == frames


def test_chest_ct_in_the_lung_window_shows_dark_lungs_in_a_bright_body(real_data: Path) -> None:
    paths = sorted((real_data / "lung-pet-ct-dx").rglob("*.dcm"))[::11]
    assert paths
    for path in paths:
        image = read_slice(path)
        assert image.hu is not None
        assert -1100 <= image.hu.min() <= -900
        assert 0.2 < (image.grey > 200).mean() < 0.8
        assert 0.2 < (image.grey < 120).mean() < 0.8


def test_every_sampled_picture_is_read(real_data: Path) -> None:
    for folder in ("paper-sample", "covid-ct", "iq-oth-nccd"):
        paths = [path for path in (real_data / folder).rglob("*") if is_candidate(path)]
        assert paths
        for path in paths:
            assert read_slice(path).format in ("PNG", "JPEG")
