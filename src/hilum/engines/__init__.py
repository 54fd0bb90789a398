"""What answers for a run: networks behind one face, and the one of them that needs no torch."""

from hilum.engines.answer import Engine, as_probabilities, mean_probabilities
from hilum.engines.exported import ExportedRun
from hilum.engines.load_onnxruntime import load_onnxruntime
from hilum.engines.onnx_network import OnnxNetwork, open_onnx, open_run_onnx, open_session

__all__ = [
    "Engine",
    "ExportedRun",
    "OnnxNetwork",
    "as_probabilities",
    "load_onnxruntime",
    "mean_probabilities",
    "open_onnx",
    "open_run_onnx",
    "open_session",
]
