"""Identifiers of DICOM files, and headers as DICOM JSON (PS3.18 F); a worker reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hilum.errors import HilumError
from hilum.readers import read_ids

__all__ = ["describe_object", "identify"]

NEEDED = ("study_instance_uid", "series_instance_uid", "sop_instance_uid", "sop_class_uid")


def identify(path: Path) -> dict[str, str]:
    """Return the four identifiers of a file; empty where it isn't DICOM or lacks one of them."""
    try:
        ids = read_ids(path)
    except HilumError:
        return {}
    found = {name: ids.get(name, "") for name in NEEDED}
    return found if all(found.values()) else {}


def describe_object(path: Path) -> dict[str, Any]:
    """Return the identifiers of an object that hilum wrote, its file, and its header.

    `metadata` is the data set as DICOM JSON without bulk data.
    """
    from pydicom import dcmread

    dataset = dcmread(path, stop_before_pixels=True)
    for keyword in ("FloatPixelData", "DoubleFloatPixelData"):
        if keyword in dataset:
            delattr(dataset, keyword)
    return {
        "study_instance_uid": str(dataset.StudyInstanceUID),
        "series_instance_uid": str(dataset.SeriesInstanceUID),
        "sop_instance_uid": str(dataset.SOPInstanceUID),
        "sop_class_uid": str(dataset.SOPClassUID),
        "file": str(path),
        "metadata": dataset.to_json_dict(),
    }
