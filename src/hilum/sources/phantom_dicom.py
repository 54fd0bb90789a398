"""Phantoms as DICOM: whole CT studies with what makes real ones hard."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

from hilum.boxes import NO_LESION, format_boxes
from hilum.readers.window import LUNG
from hilum.sources.phantom.chance import Purpose, stream
from hilum.sources.phantom.cohort import PhantomPatient
from hilum.sources.phantom.settings import PhantomSettings
from hilum.sources.phantom.shapes import Field, box_of_mask
from hilum.sources.phantom.volume import KERNELS, VolumeSlice, draw_volume, slice_distance

__all__ = ["KINDS", "write_studies"]

KINDS = ("plain", "gaps", "tilted", "shuffled")
"""What is unusual about the series of the patients, in turn."""

TILT_DEGREES = 12.0
"""Of the tilted gantry."""
MISSING = (0.55, 0.65)
"""Shares of the way from head to feet between which slices are missing, in a study with gaps."""
REFORMAT_PLANES = 5
FIELD_MM = KERNELS["LUNG"].field_mm
AXIAL, CORONAL = (1.0, 0.0, 0.0, 0.0, 1.0, 0.0), (1.0, 0.0, 0.0, 0.0, 0.0, -1.0)
DATE, TIME = "20200101", "120000"
"""Of a study that nobody had."""


@dataclass(frozen=True)
class _Image:
    """One image to write: pixels in HU and where it lies."""

    hu: Field
    corner: tuple[float, float, float]
    cosines: tuple[float, ...]
    spacing: tuple[float, float]
    kind: tuple[str, ...]
    kernel: str


def write_studies(
    folder: Path, settings: PhantomSettings, patients: Sequence[PhantomPatient], count: int
) -> Iterator[dict[str, str]]:
    """Write a study for each patient and yield the rows of its diseased (or else lung) slices.

    A study holds two axial series of `count` slices, of a sharp and a smooth kernel, a scout and a
    coronal reformat. The patients take turns in what is unusual (KINDS): nothing; slices that are
    missing; a tilted gantry; files in no order, without suffixes, all series in one folder.

    Args:
        folder: an empty folder.
        settings: of the phantoms.
        patients: whose studies.
        count: slices of a series.
    """
    for who in patients:
        yield from _write_study(folder, settings, who, count)


def _write_study(
    folder: Path, settings: PhantomSettings, who: PhantomPatient, count: int
) -> Iterator[dict[str, str]]:
    """Write one study; yield the rows of its sharp axial series, paths relative to `folder`."""
    kind, name = KINDS[who.number % len(KINDS)], f"p{who.number + 1:04d}"
    distance, pixel = slice_distance(count), FIELD_MM / settings.size
    planes = np.linspace(0.3, 0.7, REFORMAT_PLANES) * settings.size
    scout, reformat, rows = [], [], []
    writer = _StudyWriter(folder / name, name, settings.seed, kind, count)
    for index, drawn in enumerate(draw_volume(settings, who, count)):
        scout.append(drawn.hu["SOFT"].mean(axis=0))
        reformat.append(drawn.hu["SOFT"][planes.astype(int)])
        if kind == "gaps" and MISSING[0] <= index / count < MISSING[1]:
            continue
        for kernel, hu in drawn.hu.items():
            image = _axial(hu, kernel, index, (distance, pixel), tilted=kind == "tilted")
            path, uid = writer.write(kernel, index, image)
            if kernel == "LUNG":
                uids = uid, writer.series(kernel)
                rows.append(_row(who, index, drawn, path.relative_to(folder), uids))
    left, top = -FIELD_MM / 2 + pixel / 2, (count - 0.5) * distance
    flat = _Image(
        np.array(scout), (left, 0.0, top), CORONAL, (distance, pixel),
        ("ORIGINAL", "PRIMARY", "LOCALIZER"), "SOFT",
    )  # fmt: skip
    writer.write("scout", 0, flat)
    for number, plane in enumerate(planes.astype(int)):
        depth = -FIELD_MM / 2 + (plane + 0.5) * pixel
        image = _Image(
            np.array([slab[number] for slab in reformat]), (left, depth, top), CORONAL,
            (distance, pixel), ("DERIVED", "SECONDARY", "REFORMATTED"), "SOFT",
        )  # fmt: skip
        writer.write("coronal", number, image)
    diseased = [row for row in rows if row["lesion"] == "yes"]
    for row in diseased or [row for row in rows if row["lesion"] == "no"]:
        yield {key: cell for key, cell in row.items() if key != "lesion"}


class _StudyWriter:
    """Writes the images of one study.

    Args:
        folder: of the study.
        name: of the patient.
        seed: of the phantoms.
        kind: one of KINDS; the files of "shuffled" studies are named in no order.
        count: slices of an axial series.
    """

    def __init__(self, folder: Path, name: str, seed: int, kind: str, count: int) -> None:
        self.folder, self.name, self.key = folder, name, f"{seed} {name} {kind} {count}"
        self.distance = slice_distance(count)
        self.shuffled = kind == "shuffled"
        total = len(KERNELS) * count + REFORMAT_PLANES + 1
        rng = stream(seed, Purpose.COHORT, int(name[1:]), count)
        self.numbers = iter(rng.permutation(total) + 1 if self.shuffled else np.arange(total) + 1)

    def series(self, name: str) -> str:
        """Return the UID of a series."""
        return self._uid("series", name)

    def write(self, series: str, index: int, image: _Image) -> tuple[Path, str]:
        """Write an image; return its file and its SOP Instance UID."""
        number = int(next(self.numbers))
        path = self.folder / series.lower() / f"{index + 1:04d}.dcm"
        if self.shuffled:
            path = self.folder / f"IM{number:06d}"
        path.parent.mkdir(parents=True, exist_ok=True)
        dataset = self._dataset(series, index, image)
        dataset.InstanceNumber = number if self.shuffled else index + 1
        dataset.save_as(path, enforce_file_format=True)
        return path, str(dataset.SOPInstanceUID)

    def _uid(self, *parts: object) -> str:
        return str(generate_uid(entropy_srcs=["hilum phantom", self.key, *map(str, parts)]))

    def _dataset(self, series: str, index: int, image: _Image) -> Dataset:
        """Return the modules of a CT image (PS3.3 A.3.3)."""
        dataset = Dataset()
        dataset.file_meta = FileMetaDataset()
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
        dataset.SOPClassUID = CTImageStorage
        dataset.SOPInstanceUID = self._uid("image", series, index)
        dataset.file_meta.MediaStorageSOPClassUID = CTImageStorage
        dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
        self._describe_study(dataset, series)
        dataset.FrameOfReferenceUID = self._uid("frame of reference")
        dataset.PositionReferenceIndicator = ""
        dataset.ImageType = list(image.kind)
        dataset.ImagePositionPatient = [round(part, 4) for part in image.corner]
        dataset.ImageOrientationPatient = list(image.cosines)
        dataset.PixelSpacing = [round(side, 6) for side in image.spacing]
        dataset.SliceThickness = round(self.distance, 4)
        dataset.KVP, dataset.AcquisitionNumber = "120", "1"
        dataset.ConvolutionKernel = image.kernel
        dataset.GantryDetectorTilt = "0"
        _add_pixels(dataset, image.hu)
        if "LOCALIZER" in image.kind:
            del dataset.RescaleType  # PS3.3 C.8.2.1.1.6: a localizer is not in Hounsfield units
        return dataset

    def _describe_study(self, dataset: Dataset, series: str) -> None:
        """Add patient, study, series and equipment."""
        dataset.PatientName = f"Phantom^{self.name}"
        dataset.PatientID = f"phantom-{self.name}"
        dataset.PatientBirthDate, dataset.PatientSex = "", "O"
        dataset.StudyInstanceUID = self._uid("study")
        dataset.StudyDate = dataset.ContentDate = DATE
        dataset.StudyTime = dataset.ContentTime = TIME
        dataset.ReferringPhysicianName = dataset.AccessionNumber = ""
        dataset.StudyID = "1"
        dataset.StudyDescription, dataset.SeriesDescription = "Phantom", series
        dataset.Modality, dataset.PatientPosition = "CT", "HFS"
        dataset.SeriesInstanceUID = self.series(series)
        dataset.SeriesNumber = sorted([*KERNELS, "coronal", "scout"]).index(series) + 1
        dataset.BodyPartExamined = "CHEST"
        dataset.Manufacturer, dataset.ManufacturerModelName = "hilum", "phantom"
        dataset.BurnedInAnnotation = "NO"


def _add_pixels(dataset: Dataset, hu: npt.NDArray[np.floating]) -> None:
    """Add HU as unsigned 12-bit values with the usual intercept of -1024."""
    stored = np.clip(np.rint(hu) + 1024, 0, 4095).astype("<u2")
    dataset.Rows, dataset.Columns = stored.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 16, 12, 11
    dataset.PixelRepresentation = 0
    dataset.RescaleIntercept, dataset.RescaleSlope, dataset.RescaleType = "-1024", "1", "HU"
    dataset.WindowCenter, dataset.WindowWidth = f"{LUNG.center:g}", f"{LUNG.width:g}"
    dataset.PixelData = stored.tobytes()


def _axial(
    hu: Field, kernel: str, index: int, distances: tuple[float, float], *, tilted: bool
) -> _Image:
    """Return an axial slice; slice 0 lies nearest to the head, at the greatest height."""
    distance, pixel = distances
    height = -(index + 0.5) * distance
    half = -FIELD_MM / 2 + pixel / 2
    cosines = AXIAL
    if tilted:
        angle = np.radians(TILT_DEGREES)
        down, up = (round(float(part), 6) for part in (np.cos(angle), np.sin(angle)))
        cosines = (1.0, 0.0, 0.0, 0.0, down, up)
    kind = ("ORIGINAL", "PRIMARY", "AXIAL")
    return _Image(hu, (half, half, height), cosines, (pixel, pixel), kind, kernel)


def _row(
    who: PhantomPatient, index: int, drawn: VolumeSlice, path: Path, uids: tuple[str, str]
) -> dict[str, str]:
    """Return the row of an axial slice, with `lesion`: yes, no (lung without it), or none."""
    name = f"p{who.number + 1:04d}"
    boxes = NO_LESION if not drawn.diseased else ""
    if drawn.mask is not None:
        boxes = format_boxes([box_of_mask(drawn.mask)])
    has_lung = drawn.lung_share > 0.02
    return {
        "slice_id": f"phantom-{name}-{index + 1:03d}",
        "path": path.as_posix(),
        "label": who.label,
        "group": f"phantom-{name}",
        "source": "phantom-dicom",
        "split": "",
        "boxes": boxes,
        "mask": "",
        "window": str(LUNG),
        "patient_id": f"phantom-{name}",
        "series_instance_uid": uids[1],
        "sop_instance_uid": uids[0],
        "lesion": "yes" if drawn.diseased else "no" if has_lung else "none",
    }
