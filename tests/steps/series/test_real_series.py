"""A real study end to end: its two series are told apart, ordered, and predicted where lung is."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from hilum import SeriesAnswer, predict_series
from hilum.dicom_out import ResultContext
from hilum.run import Run
from hilum.steps.series.dicom import write_dicom


@pytest.fixture
def study() -> Path:
    folder = Path(os.environ.get("HILUM_TEST_DATA", "nowhere")) / "lung-pet-ct-dx"
    if not folder.is_dir():
        pytest.skip("the study of Lung-PET-CT-Dx is not here; set HILUM_TEST_DATA")
    return folder


def test_the_lung_and_the_soft_tissue_series_get_an_answer_each(
    study: Path, quick_run: Run, tmp_path: Path
) -> None:
    lung, soft = predict_series(quick_run, study)
    assert isinstance(lung, SeriesAnswer)
    assert isinstance(soft, SeriesAnswer)
    assert (lung.kernel, len(lung.slices), lung.predicted_slices) == ("L", 46, 45)
    assert (soft.kernel, len(soft.slices), soft.predicted_slices) == ("B", 9, 9)
    assert lung.slices[-1].reason == "no lung in sight"  # above the apices
    places = [one.position for one in lung.slices if one.position is not None]
    assert np.diff(places).tolist() == [5.0] * 45
    assert lung.source is not None
    assert lung.source.geometry.gaps == ()
    files = write_dicom(soft, tmp_path / "objects", ResultContext("Net", "net", "1", "ab"))
    assert len(files) == 5
