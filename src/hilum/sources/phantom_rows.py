"""The source `phantom`: draws synthetic slices into a folder and lists them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd

from hilum.boxes import NO_LESION, format_boxes
from hilum.errors import UsageError
from hilum.sources.options import BuildOptions, Built, PictureFolder, known_source
from hilum.sources.phantom.cohort import PhantomPatient, member
from hilum.sources.phantom.drawing import Drawn, draw_patient
from hilum.sources.phantom.scanner import SCANNERS
from hilum.sources.phantom.settings import PhantomSettings
from hilum.sources.phantom.shapes import box_of_mask
from hilum.storage.atomic import new_folder, write_text
from hilum.storage.path_text import text_of_path
from hilum.storage.png_file import write_png
from hilum.table import read_csv, write_csv

__all__ = ["PHANTOM"]

DRAWING_VERSION = 2
"""Goes up when the same settings give other pictures or rows, so that old ones are not taken for
new."""

_FOLDER, _SETTINGS, _ROWS = "phantom", "phantom.json", "phantom.csv"
_SERIES_FOLDER = "phantom-dicom"

FEWEST_SLICES, MOST_SLICES = 8, 1000
"""Of a series: fewer show no chest, and more no scanner makes."""


def build(path: Path, pictures: PictureFolder, options: BuildOptions) -> Built:
    """Draw the phantoms into `path`/phantom, or take those drawn there with the same settings.

    Raises:
        UsageError: `path` is a file, or phantoms of other settings lie there and `pictures.force`
            is not given, or what lies there are no phantoms.
        StorageError: the disk refused.
    """
    if path.exists() and not path.is_dir():
        raise UsageError(f"{path} is a file; phantoms are drawn into a folder.")
    series = options.series_slices
    _check_series(series)
    folder, settings = path / (_SERIES_FOLDER if series else _FOLDER), options.phantom
    if not _stands(folder, _described(settings, series)):
        if (folder / _SETTINGS).is_file() and not pictures.force:
            raise UsageError(
                f"{folder} exists already and holds phantoms of other settings; choose another "
                "folder, or give --force (force=True) to replace them."
            )
        _draw(folder, settings, series, force=pictures.force)
    rows = read_csv(folder / _ROWS)
    absolute = text_of_path(folder.resolve())
    for column in ("path", "mask"):
        rows[column] = [f"{absolute}/{text}" if text else "" for text in rows[column]]
    return Built(rows, (_note(settings),))


def _note(settings: PhantomSettings) -> str:
    return (
        f"phantom: {settings.patients} synthetic patients, lesions {settings.lesions:g}, "
        f"link {settings.link:g}; phantoms prove the machinery, not the medicine."
    )


def _check_series(slices: int) -> None:
    """Raise UsageError for a number of slices that no series has."""
    if slices and not FEWEST_SLICES <= slices <= MOST_SLICES:
        raise UsageError(
            f"phantoms: a series must have from {FEWEST_SLICES} to {MOST_SLICES} slices; got "
            f"{slices}."
        )


def _described(settings: PhantomSettings, series: int) -> str:
    """Return the settings as JSON text, classes in their order."""
    content = {"drawing": DRAWING_VERSION, **asdict(settings)}
    return json.dumps(content | ({"series_slices": series} if series else {}), indent=2) + "\n"


def _stands(folder: Path, expected: str) -> bool:
    """Return whether phantoms of the described settings lie in `folder`."""
    described = folder / _SETTINGS
    if not described.is_file() or not (folder / _ROWS).is_file():
        return False
    return described.read_text(encoding="utf-8", errors="replace") == expected


def _draw(folder: Path, settings: PhantomSettings, series: int, *, force: bool) -> None:
    """Draw all patients into a new folder, whole or not at all."""
    with new_folder(folder, force=force, marks=(_SETTINGS,)) as draft:
        if series:
            from hilum.sources.phantom_dicom import write_studies  # pydicom loads in 0.3 s

            patients = [member(settings, number) for number in range(settings.patients)]
            rows = pd.DataFrame(write_studies(draft, settings, patients, series), dtype=str)
        else:
            rows = pd.DataFrame(_draw_rows(draft, settings), dtype=str)
        write_csv(rows, draft / _ROWS)
        write_text(draft / _SETTINGS, _described(settings, series))


def _draw_rows(draft: Path, settings: PhantomSettings) -> Iterator[dict[str, str]]:
    (draft / "images").mkdir()
    (draft / "masks").mkdir()
    for number in range(settings.patients):
        who = member(settings, number)
        for index, drawn in enumerate(draw_patient(settings, who), start=1):
            yield _row(draft, who, index, drawn)


def _row(draft: Path, who: PhantomPatient, index: int, drawn: Drawn) -> dict[str, str]:
    """Write one slice and its mask; return its row, paths relative to `draft`."""
    scanner = SCANNERS[who.scanner]
    group = f"phantom-p{who.number + 1:04d}"
    name = f"p{who.number + 1:04d}-{index}.png"
    write_png(drawn.picture, draft / "images" / name)
    boxes = "" if drawn.disease is not None else NO_LESION
    if drawn.mask is not None:
        write_png(drawn.mask.astype(np.uint8) * 255, draft / "masks" / name)
        boxes = format_boxes([box_of_mask(drawn.mask)])
    millimetres = drawn.disease.millimetres if drawn.disease else 0.0
    return {
        "slice_id": f"{group}-{index}",
        "path": f"images/{name}",
        "label": who.label,
        "group": group,
        "source": scanner.name,
        "split": "",
        "boxes": boxes,
        "mask": f"masks/{name}" if drawn.mask is not None else "",
        "window": str(scanner.window),
        "patient_id": group,
        "lesion_kind": drawn.disease.kind if drawn.disease else "",
        "lesion_mm": f"{millimetres:.1f}" if millimetres else "",
    }


PHANTOM = known_source("phantom", build)
