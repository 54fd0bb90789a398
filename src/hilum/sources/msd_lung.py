"""The source `msd-lung`: Task06_Lung of the Medical Segmentation Decathlon, NIfTI volumes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.boxes import NO_LESION, Box, format_boxes
from hilum.errors import SourceError, UsageError
from hilum.readers.hu_check import unit_problem
from hilum.readers.window import apply_window
from hilum.sources.nifti import AxialVolume
from hilum.sources.options import BuildOptions, Built, PictureFolder, known_source
from hilum.sources.volume_pictures import PictureWriter, spread

__all__ = ["MSD_LUNG"]

UNIT_SLICES = 8
"""Slices of a volume, evenly spread, whose values are checked to be Hounsfield units."""

LUNG_HU = (-950.0, -500.0)
"""Aerated lung; the air around the patient lies below it, soft tissue above."""

LUNG_SHARE = 0.10
"""Lung is in sight where at least this share of the slice is LUNG_HU (mid-chest: 0.2 to 0.3)."""

CLEAR_MM = 15.0
"""A tumour-free slice lies at least this far from the tumour: no partial volume, no halo."""

PROBE_MM = 5.0
"""Tumour-free slices are looked for at this distance from one another."""


def build(path: Path, pictures: PictureFolder, options: BuildOptions) -> Built:
    """Render tumour slices (and tumour-free ones where `options.normal`); return their rows.

    PNG and masks go to `msd-lung/images` and `msd-lung/masks` in `pictures.folder`; those that
    are there already with the same content are left alone. Tumour slices are spread evenly
    over the slices that show tumour. A tumour-free slice has lung in sight (LUNG_SHARE) and
    lies CLEAR_MM from tumour; a patient gives at most as many of them as tumour slices.

    Raises:
        UsageError: `options.slices_per_patient` is below 1.
        SourceError: not the layout of Task06_Lung, or a volume can't be read.
        StorageError: the disk refused.
    """
    if options.slices_per_patient < 1:
        raise UsageError(
            f"msd-lung: slices_per_patient must be at least 1; got {options.slices_per_patient}."
        )
    pairs, notes = _find_pairs(path)
    writer = PictureWriter(pictures.folder)
    rows: list[dict[str, str]] = []
    empty = 0
    for image_path, label_path in pairs:
        made = _patient(image_path, label_path, writer, options)
        empty += not made
        rows += made
    if empty:
        notes.append(f"msd-lung: {empty} volumes have no tumour in their mask and gave no slice.")
    if not rows:
        raise SourceError(f"{path}: no mask in labelsTr shows any tumour.")
    return Built(pd.DataFrame(rows, dtype=str), tuple(notes))


def _find_pairs(path: Path) -> tuple[list[tuple[Path, Path]], list[str]]:
    """Return image and mask of each patient, and notes on images without a mask."""
    for needed in ("imagesTr", "labelsTr"):
        if not (path / needed).is_dir():
            raise SourceError(
                f"{path} is not laid out as Task06_Lung: it has no folder {needed!r}; looked for "
                "imagesTr/lung_001.nii.gz and labelsTr/lung_001.nii.gz."
            )
    images = [
        p
        for p in sorted((path / "imagesTr").iterdir())
        if p.name.endswith((".nii", ".nii.gz")) and not p.name.startswith(".")
    ]
    pairs = [
        (p, path / "labelsTr" / p.name) for p in images if (path / "labelsTr" / p.name).is_file()
    ]
    if not pairs:
        raise SourceError(f"{path}: no volume in imagesTr has a mask of its name in labelsTr.")
    alone = len(images) - len(pairs)
    notes = [f"msd-lung: {alone} volumes in imagesTr have no mask in labelsTr."] if alone else []
    return pairs, notes


def _patient(
    image_path: Path, label_path: Path, writer: PictureWriter, options: BuildOptions
) -> list[dict[str, str]]:
    """Render the chosen slices of one patient and return their rows, feet to head."""
    volume, labels = AxialVolume(image_path), AxialVolume(label_path)
    if volume.shape != labels.shape:
        raise SourceError(
            f"{image_path.name}: volume and mask must have one shape; got "
            f"{volume.shape} and {labels.shape}."
        )
    offset = volume.offset_from(labels)
    if offset > volume.voxel_mm / 2:
        raise SourceError(
            f"{image_path.name}: its mask must lie where it lies, and their headers put them "
            f"{offset:.1f} mm apart; resample the mask to the volume, or correct its affine."
        )
    _check_unit(volume)
    masks = {
        number: mask > 0
        for number, mask in labels.read_in_order(range(labels.shape[2]))
        if (mask > 0).any()
    }
    chosen = spread(sorted(masks), options.slices_per_patient)
    normal = _tumour_free(volume, masks, len(chosen)) if options.normal and masks else []
    patient = image_path.name.split(".")[0]
    rows = [
        _row(patient, number, hu, masks.get(number), writer=writer, options=options)
        for number, hu in volume.read_in_order({*chosen, *normal})
    ]
    return sorted(rows, key=lambda row: row["slice_id"])


def _check_unit(volume: AxialVolume) -> None:
    """Raise SourceError if the values of a volume can't be Hounsfield units."""
    sampled = spread(range(volume.shape[2]), UNIT_SLICES)
    values = np.stack([hu for _, hu in volume.read_in_order(sampled)])
    if problem := unit_problem(values):
        raise SourceError(
            f"{volume.name} must hold Hounsfield units, and {problem}; convert it again from its "
            "DICOM series."
        )


def _tumour_free(
    volume: AxialVolume, masks: dict[int, npt.NDArray[np.bool_]], count: int
) -> list[int]:
    """Return at most `count` slices with lung in sight and far enough from tumour."""
    clear = CLEAR_MM / volume.slice_mm
    step = max(1, round(PROBE_MM / volume.slice_mm))
    tumour = np.array(sorted(masks))
    far = [n for n in range(0, volume.shape[2], step) if np.abs(tumour - n).min() >= clear]
    seen = [number for number, hu in volume.read_in_order(far) if _shows_lung(hu)]
    return spread(sorted(seen), count)


def _shows_lung(hu: npt.NDArray[np.floating]) -> bool:
    return bool(((hu >= LUNG_HU[0]) & (hu <= LUNG_HU[1])).mean() >= LUNG_SHARE)


def _row(
    patient: str,
    number: int,
    hu: npt.NDArray[np.floating],
    mask: npt.NDArray[np.bool_] | None,
    *,
    writer: PictureWriter,
    options: BuildOptions,
) -> dict[str, str]:
    """Write one slice (and its mask) and return its row."""
    name = f"{patient}_z{number:04d}.png"
    window = options.window_of(f"msd-{patient}")
    picture = apply_window(hu.astype(np.float32), window)
    row = {
        "slice_id": f"msd-{patient}-z{number:04d}",
        "path": writer.write(f"msd-lung/images/{name}", picture),
        "label": "normal" if mask is None else "cancer",
        "group": f"msd-{patient}",
        "source": "msd-lung",
        "boxes": NO_LESION,
        "mask": "",
        "window": str(window),
        "patient_id": f"msd-{patient}",
    }
    if mask is not None:
        row["boxes"] = format_boxes(_boxes(mask))
        row["mask"] = writer.write(f"msd-lung/masks/{name}", mask.astype(np.uint8) * 255)
    return row


def _boxes(mask: npt.NDArray[np.bool_]) -> list[Box]:
    """Return a box for each connected part of `mask` (diagonal neighbours connect)."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(
        np.ascontiguousarray(mask, dtype=np.uint8), connectivity=8
    )
    return [Box(int(y), int(x), int(y + h), int(x + w)) for x, y, w, h, _ in stats[1:]]


MSD_LUNG = known_source("msd-lung", build)
