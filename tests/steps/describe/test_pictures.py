"""What tells the classes apart by how their pictures were made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from PIL import Image

from hilum.progress import SILENT
from hilum.sources import BuildOptions, PhantomSettings, build_table
from hilum.steps.describe.cohort import cohort_of
from hilum.steps.describe.pictures import with_pictures
from hilum.table import SliceTable

Grey = npt.NDArray[np.uint8]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> SliceTable:
    """Phantoms of 24 patients; nothing but the lesion differs between the classes."""
    folder = tmp_path_factory.mktemp("drawn")
    settings = PhantomSettings(patients=24, slices_per_patient=1, size=128)
    options = BuildOptions(phantom=settings)
    return build_table([("phantom", folder)], out=folder / "s.csv", options=options).table


def changed(
    drawn: SliceTable, folder: Path, write: Callable[[Grey, Path], None], suffix: str
) -> pd.DataFrame:
    """Return what is seen of the phantoms, cancers written by `write`, the rest as JPEG of 90."""
    rows = drawn.rows.assign(path=[f"{number}{suffix}" for number in range(len(drawn))])
    for path, name, label in zip(drawn.paths(), rows["path"], rows["label"], strict=True):
        grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
        if label == "cancer":
            write(grey, folder / name)
        else:
            Image.fromarray(grey).save(folder / name, quality=90)
    return with_pictures(SliceTable(rows, folder), SILENT)[0]


def exif(grey: Grey, path: Path) -> None:
    image = Image.fromarray(grey)
    tags = image.getexif()
    tags[0x0112] = 3
    image.save(path, exif=tags)


WRITERS: dict[str, tuple[str, str, Callable[[Grey, Path], None], dict[str, str]]] = {
    "RGBA": (
        "picture_mode", ".png", lambda grey, path: Image.fromarray(grey).convert("RGBA").save(path),
        {"cancer": "RGBA", "pneumonia": "L"},
    ),
    "quality": (
        "picture_quality", ".jpg", lambda grey, path: Image.fromarray(grey).save(path, quality=40),
        {"cancer": "40", "pneumonia": "90"},
    ),
    "inverted": (
        "picture_corners", ".png", lambda grey, path: Image.fromarray(255 - grey).save(path),
        {"cancer": "bright", "pneumonia": "dark"},
    ),
    "upside down": (
        "picture_lungs", ".png", lambda grey, path: Image.fromarray(grey[::-1]).save(path),
        {"cancer": "lower half", "pneumonia": "upper half"},
    ),
    "mirrored": (
        "picture_larger_lung", ".png", lambda grey, path: Image.fromarray(grey[:, ::-1]).save(path),
        {"cancer": "right", "pneumonia": "left"},
    ),
    "clipped": (
        "picture_clipped", ".png",
        lambda grey, path: Image.fromarray(np.where(grey > 60, 255, 0).astype(np.uint8)).save(path),
        {"cancer": "60 to 100 %"},
    ),
    "turned by EXIF": (
        "picture_turned", ".jpg", exif, {"cancer": "EXIF 3", "pneumonia": "upright"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", WRITERS)
def test_a_class_whose_pictures_were_made_otherwise_is_noticed(
    drawn: SliceTable, tmp_path: Path, name: str
) -> None:
    column, suffix, write, most = WRITERS[name]
    rows = changed(drawn, tmp_path, write, suffix)
    for label, value in most.items():
        values = rows.loc[rows["label"] == label, column]
        assert values.value_counts().index[0] == value, values.value_counts()
    content = cohort_of(rows, title="t")
    table = next(table for table in content["tables"] if table["name"] == column)
    assert table["cramers_v"] >= 0.5
    assert [doubt for doubt in content["doubts"] if doubt.startswith(table["title"])]


def test_pictures_that_were_made_alike_raise_no_doubt(drawn: SliceTable) -> None:
    rows, notes = with_pictures(drawn, SILENT)
    assert notes == [()] * 24
    assert cohort_of(rows, title="t")["doubts"] == []
    assert set(rows["picture_mode"]) == {"L"} and set(rows["size"]) == {"128 x 128"}
    assert "bright" not in set(rows["picture_corners"])
