"""Predict: files and folders in, one row a slice out, as a stream of bounded memory."""

from hilum.steps.predict.step import Found, Predicted, Refused, ask, open_source, predict

__all__ = ["Found", "Predicted", "Refused", "ask", "open_source", "predict"]
