"""Phantom tables with a shortcut planted: one thing about the files goes with the label."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image

from hilum.table import SliceTable, read_table, write_table

__all__ = ["SHORTCUTS", "plant"]

Grey = npt.NDArray[np.uint8]
Save = Callable[[Grey, Path, bool], Path]

SHORTCUTS = {
    "window": "window",
    "crop": "crop",
    "noise": "noise",
    "jpeg": "compression",
    "mode": "mode",
    "file size": "file size",
    "orientation": "orientation",
}
"""Shortcut -> the kind of attribute that must be named."""


def plant(table: SliceTable, folder: Path, shortcut: str, *, dose: float = 1.0) -> SliceTable:
    """Write the slices of a table again into `folder`, some of them altered.

    Whole groups are altered: of cancer (1 + dose) / 2 of them, of others (1 - dose) / 2, so that
    dose 0 tells nothing and dose 1 everything.

    Args:
        table: phantoms, one label a group.
        folder: a folder to make.
        shortcut: one of SHORTCUTS; "": every file is written again, and none altered.
        dose: 0 to 1.
    """
    folder.mkdir(parents=True)
    rng = np.random.default_rng(len(shortcut))
    label_of = table.rows.groupby("group")["label"].first()
    altered: dict[str, bool] = {}
    for label, groups in label_of.groupby(label_of):
        share = (1 + dose) / 2 if label == "cancer" else (1 - dose) / 2
        names = rng.permutation(groups.index.to_numpy())
        count = round(share * len(names))
        altered |= {name: location < count for location, name in enumerate(names)}
    files: list[str] = []
    for path, group in zip(table.paths(), table.rows["group"], strict=True):
        grey = np.asarray(Image.open(path).convert("L"))
        target = folder / path.stem
        files.append(_save(grey, target, shortcut, altered=altered[group] and bool(shortcut)).name)
    rows = table.rows.assign(path=files, mask="", boxes="", window="")
    write_table(replace(table, rows=rows, folder=folder), folder / "slices.csv")
    return read_table(folder / "slices.csv")


def _save(grey: Grey, target: Path, shortcut: str, *, altered: bool) -> Path:
    """Write one slice, altered or not, and return its file."""
    if altered:
        grey = _altered(grey, shortcut)
    image = Image.fromarray(grey)
    if shortcut == "jpeg":
        path = target.with_suffix(".jpg")
        image.save(path, quality=60 if altered else 90)
        return path
    path = target.with_suffix(".png")
    if shortcut == "mode" and altered:
        image = image.convert("RGB")
    image.save(path, compress_level=1 if shortcut == "file size" and altered else 9)
    return path


def _altered(grey: Grey, shortcut: str) -> Grey:
    """Return the grey levels of an altered slice."""
    if shortcut == "window":  # as through a wider one: flatter, and brighter in the lungs
        return np.asarray(grey * 0.75 + 35, dtype=np.uint8)
    if shortcut == "crop":
        rows, columns = (max(1, side * 7 // 100) for side in grey.shape)
        inner = grey[rows:-rows, columns:-columns]
        return np.asarray(cv2.resize(inner, grey.shape[::-1], interpolation=cv2.INTER_LINEAR))
    if shortcut == "noise":
        rng = np.random.default_rng(int(grey.sum()) % 2**32)
        noisy = grey + rng.normal(0, 5, grey.shape)
        return np.asarray(np.clip(np.rint(noisy), 0, 255), dtype=np.uint8)
    return np.asarray(grey[::-1]) if shortcut == "orientation" else grey
