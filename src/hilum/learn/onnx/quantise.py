"""Quantisation of an ONNX network to 8 bits, calibrated on slices."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx

from hilum.engines import load_onnxruntime
from hilum.errors import RunError
from hilum.prepare import BATCH

__all__ = ["quantise"]

HEAD = "/head/"
"""Prefixes of the operations after pooling in torch's exports. They stay float32: they cost next to
nothing, and the probabilities depend on them."""


def quantise(model: Any, grey: npt.NDArray[np.uint8]) -> Any:
    """Return an ONNX model of hilum quantised to 8 bits.

    Static quantisation with pairs of QuantizeLinear and DequantizeLinear, weights per channel.
    Weights take 7 of the 8 bits: on CPUs without VNNI, sums of two 8-bit products overflow 16 bits,
    and a file must give the same results on every machine. Activations take 8, unsigned, between
    their extremes on the slices.

    Args:
        model: as `hilum.learn.onnx.export.onnx_model` returns it.
        grey: (n, size, size) uint8, the slices to calibrate on.

    Raises:
        RunError: onnxruntime can't quantise the network.
    """
    load_onnxruntime()
    from onnxruntime.quantization import (
        CalibrationMethod,
        QuantFormat,
        QuantType,
        quantize_static,
    )
    from onnxruntime.quantization.shape_inference import quant_pre_process

    with tempfile.TemporaryDirectory(prefix="hilum-int8-") as folder:
        full, ready, small = (Path(folder) / name for name in ("whole", "ready", "small"))
        onnx.save(model, full)
        try:
            quant_pre_process(str(full), str(ready), skip_symbolic_shape=True)
            nodes = onnx.load(ready).graph.node
            quantize_static(
                str(ready), str(small), _slices(grey), quant_format=QuantFormat.QDQ,
                per_channel=True, reduce_range=True, activation_type=QuantType.QUInt8,
                weight_type=QuantType.QInt8, calibrate_method=CalibrationMethod.MinMax,
                nodes_to_exclude=[node.name for node in nodes if node.name.startswith(HEAD)],
            )  # fmt: skip
        except Exception as error:  # onnxruntime's errors have no base of their own
            reason = (str(error).strip() or type(error).__name__).splitlines()[0]
            raise RunError(f"onnxruntime can't quantise the network to 8 bits: {reason}") from error
        return onnx.load(small)


def _slices(grey: npt.NDArray[np.uint8]) -> Any:
    """Return onnxruntime's reader of calibration slices, batch by batch."""
    from onnxruntime.quantization import CalibrationDataReader

    batches = iter(range(0, len(grey), BATCH))

    class Slices(CalibrationDataReader):  # type: ignore[misc]
        def get_next(self) -> dict[str, npt.NDArray[np.float32]] | None:
            """Return the next batch under the input's name; None after the last."""
            first = next(batches, None)
            if first is None:
                return None
            return {"grey": grey[first : first + BATCH, None].astype(np.float32)}

    return Slices()
