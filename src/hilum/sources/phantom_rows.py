"""The source `phantom`: draws synthetic slices into a folder and lists them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.boxes import NO_LESION, Box, format_boxes
from hilum.errors import StorageError, UsageError
from hilum.sources.options import BuildOptions, Built, PictureFolder, known_source
from hilum.sources.phantom.cohort import PhantomPatient, member
from hilum.sources.phantom.drawing import Drawn, draw_patient
from hilum.sources.phantom.scanner import SCANNERS
from hilum.sources.phantom.settings import PhantomSettings
from hilum.storage.atomic import new_folder, write_text
from hilum.storage.path_text import text_of_path
from hilum.table import read_csv, write_csv

__all__ = ["PHANTOM"]

DRAWING_VERSION = 2
"""Goes up when the same settings give other pictures or rows, so that old ones are not taken for
new."""

_FOLDER, _SETTINGS, _ROWS = "phantom", "phantom.json", "phantom.csv"


def build(path: Path, pictures: PictureFolder, options: BuildOptions) -> Built:
    """Draw the phantoms into `path`/phantom, or take those drawn there with the same settings.

    Raises:
        UsageError: `path` is a file, or phantoms of other settings lie there and `pictures.force`
            is not given, or what lies there are no phantoms.
        StorageError: the disk refused.
    """
    if path.exists() and not path.is_dir():
        raise UsageError(f"{path} is a file; phantoms are drawn into a folder.")
    folder, settings = path / _FOLDER, options.phantom
    if not _stands(folder, settings):
        if (folder / _SETTINGS).is_file() and not pictures.force:
            raise UsageError(
                f"{folder} exists already and holds phantoms of other settings; choose another "
                "folder, or give --force (force=True) to replace them."
            )
        _draw(folder, settings, force=pictures.force)
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


def _described(settings: PhantomSettings) -> str:
    """Return the settings as JSON text, classes in their order."""
    return json.dumps({"drawing": DRAWING_VERSION, **asdict(settings)}, indent=2) + "\n"


def _stands(folder: Path, settings: PhantomSettings) -> bool:
    """Return whether phantoms of these settings lie in `folder`."""
    described = folder / _SETTINGS
    if not described.is_file() or not (folder / _ROWS).is_file():
        return False
    return described.read_text(encoding="utf-8", errors="replace") == _described(settings)


def _draw(folder: Path, settings: PhantomSettings, *, force: bool) -> None:
    """Draw all patients into a new folder, whole or not at all."""
    with new_folder(folder, force=force, marks=(_SETTINGS,)) as draft:
        rows = pd.DataFrame(_draw_rows(draft, settings), dtype=str)
        write_csv(rows, draft / _ROWS)
        write_text(draft / _SETTINGS, _described(settings))


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
    _write_png(draft / "images" / name, drawn.picture)
    boxes = "" if drawn.disease is not None else NO_LESION
    if drawn.mask is not None:
        _write_png(draft / "masks" / name, drawn.mask.astype(np.uint8) * 255)
        boxes = format_boxes([_box(drawn.mask)])
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


def _box(mask: npt.NDArray[np.bool_]) -> Box:
    """Return the smallest box around everything in `mask`."""
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return Box(int(rows[0]), int(cols[0]), int(rows[-1]) + 1, int(cols[-1]) + 1)


def _write_png(path: Path, picture: npt.NDArray[np.uint8]) -> None:
    coded, data = cv2.imencode(".png", picture)
    if not coded:
        raise StorageError(f"{path.name} can't be encoded as PNG.")
    path.write_bytes(data.tobytes())


PHANTOM = known_source("phantom", build)
