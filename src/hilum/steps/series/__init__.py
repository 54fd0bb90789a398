"""Predict series: DICOM series and NIfTI volumes in, one answer a series out."""

from hilum.steps.series.answer import (
    SeriesAnswer,
    SeriesOptions,
    SeriesSlice,
    TopSlice,
)
from hilum.steps.series.step import predict_series

__all__ = [
    "SeriesAnswer",
    "SeriesOptions",
    "SeriesSlice",
    "TopSlice",
    "predict_series",
]
