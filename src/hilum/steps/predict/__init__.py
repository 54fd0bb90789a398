"""Predict: files and folders in, one outcome per slice out, as a stream in bounded memory."""

from hilum.steps.predict.options import PredictionSummary, PredictOptions
from hilum.steps.predict.outcome import Predicted, Refused
from hilum.steps.predict.step import predict
from hilum.steps.predict.write import print_predictions, write_predictions

__all__ = [
    "PredictOptions",
    "Predicted",
    "PredictionSummary",
    "Refused",
    "predict",
    "print_predictions",
    "write_predictions",
]
