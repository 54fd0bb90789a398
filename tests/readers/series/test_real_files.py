"""Real files of many kinds: each is a series, left out by its name, or refused by its name."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from hilum.readers import is_candidate
from hilum.readers.series import sort_into_series

OUTCOMES = {
    "A secondary capture, such as a dose sheet or a screen save, not a CT.": 13,
    "An X-ray, not CT.": 3,
    "Body part examined: HEAD, not the chest.": 1,
    "Body part examined: NECK, not the chest.": 1,
    "Body part examined: PANCREAS, not the chest.": 1,
    "It is a DICOMDIR index, not an image of a slice.": 1,
    "It is a segmentation, not an image of a slice.": 2,
    "It is a structured report, not an image of a slice.": 3,
    "It is a waveform such as an ECG, not an image of a slice.": 1,
    "It is a whole-slide microscopy image, not an image of a slice.": 1,
    "It is an RT dose grid, not an image of a slice.": 2,
    "It is an RT plan, not an image of a slice.": 2,
    "It is an RT structure set, not an image of a slice.": 1,
    "MR, not CT.": 9,
    "Ultrasound, not CT.": 5,
    "It begins like DICOM but holds neither a SOP class nor an image.": 2,
}
CUT_SHORT = "The file is cut short or its header is wrong"
"""Beginning of what is said of one more."""


@pytest.fixture(scope="module")
def real_data() -> Path:
    import os

    folder = Path(os.environ.get("HILUM_TEST_DATA", "nowhere")) / "dicom-variety"
    if not folder.is_dir():
        pytest.skip("the DICOM files of many kinds are not here; set HILUM_TEST_DATA")
    return folder


def test_each_of_sixty_files_is_in_a_series_or_named_with_its_reason(real_data: Path) -> None:
    files = [path for path in sorted(real_data.iterdir()) if is_candidate(path)]
    dicom = [path for path in files if path.name not in ("SOURCE.md", "pydicom__no_meta.dcm")]
    found = sort_into_series(dicom)
    reasons = Counter(one.reason for one in found.left_out for _ in one.paths)
    cut_short = [reason for reason in reasons if reason.startswith(CUT_SHORT)]
    assert len(cut_short) == 1
    del reasons[cut_short[0]]
    assert dict(reasons) == OUTCOMES
    left = {path for one in found.left_out for path in one.paths}
    taken = {path for one in found.series for path in one.doubles}
    taken |= {header.path for one in found.series for header in one.slices}
    assert left | taken == set(dicom)
    assert not left & taken
    chests = [one for one in found.series if one.slices[0].path.name.startswith("chestct")]
    assert (len(chests), len(found.series)) == (4, 8)
