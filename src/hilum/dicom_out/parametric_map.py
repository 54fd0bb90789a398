"""The maps of a series as a Parametric Map at the source's own matrix (PS3.3 A.75)."""

from __future__ import annotations

import highdicom as hd
import numpy as np
import numpy.typing as npt
from highdicom.pm import DerivedPixelContrastValues, ImageFlavorValues, RealWorldValueMapping
from pydicom import Dataset
from pydicom.sr.codedict import codes

from hilum.dicom_out.context import MANUFACTURER, NOTICE, ResultContext, completed, of_chest
from hilum.dicom_out.result import MappedSlice, SeriesResult

__all__ = ["parametric_map"]

SERIES_NUMBER = 9102
LABEL = "HEATMAP"
SHOWN_TOP = 0.999
"""Quantile of the values that the window reaches to."""


def parametric_map(result: SeriesResult, context: ResultContext) -> Dataset | None:
    """Return the maps of the top slices, a frame each, from feet to head; None without maps.

    Slices out of multi-frame files have none: highdicom makes maps of all of a file's frames alone.

    Values are float32 in the unit of the maps, at the source's own rows, columns, spacing and
    positions, so that a viewer lays them over the source.

    Args:
        result: the answer.
        context: the run.
    """
    mapped = [one for one in result.top if one.cam_map is not None and not one.frame]
    mapped = [one for one in mapped if np.isfinite(one.cam_map).all()]  # type: ignore[arg-type]
    if not mapped:
        return None
    mapped.sort(key=_height)
    frames = np.stack([one.cam_map for one in mapped]).astype(np.float32)  # type: ignore[misc]
    top = float(np.quantile(frames, SHOWN_TOP)) or 1.0
    written = hd.pm.ParametricMap(
        [completed(one.header) for one in mapped],
        frames,
        context.new_uid(),
        SERIES_NUMBER,
        context.new_uid(),
        1,
        MANUFACTURER,
        context.network,
        context.version,
        device_serial_number=context.weights[:16] or "unknown",
        contains_recognizable_visual_features=False,
        real_world_value_mappings=[_mapping(result, frames)],
        voi_lut_transformations=[
            hd.VOILUTTransformation(top / 2, top, voi_lut_function="LINEAR_EXACT")
        ],
        content_label=LABEL,
        content_description=f"{result.map_title} for {result.positive}. {NOTICE}"[:64],
        image_flavor=ImageFlavorValues.VOLUME,
        derived_pixel_contrast=DerivedPixelContrastValues.QUANTITY,
        series_description=f"hilum heatmap. {NOTICE}",
    )
    return of_chest(written)


def _height(one: MappedSlice) -> float:
    """Return the position of a slice along its normal."""
    corner = np.array(one.header.ImagePositionPatient, dtype=float)
    cosines = np.array(one.header.ImageOrientationPatient, dtype=float)
    normal = np.cross(cosines[:3], cosines[3:])
    return float(corner @ normal) * (1 if normal[2] >= 0 else -1)


def _mapping(result: SeriesResult, frames: npt.NDArray[np.float32]) -> RealWorldValueMapping:
    """Return the mapping of stored values to the maps' unit: they are the same."""
    return RealWorldValueMapping(
        lut_label=LABEL,
        lut_explanation=f"{result.map_title}: {result.map_unit}"[:64],
        unit=codes.UCUM.NoUnits,
        value_range=(float(frames.min()), float(frames.max()) or 1.0),
        slope=1.0,
        intercept=0.0,
        quantity_definition=codes.DCM.Saliency,
    )
