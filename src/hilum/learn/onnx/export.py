"""Export of a trained network to ONNX, verified against torch."""

from __future__ import annotations

import io
import json
import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import torch
from torch import nn

from hilum.engines import open_onnx
from hilum.engines.onnx_network import CARD, WEIGHTS
from hilum.errors import HilumError, RunError
from hilum.learn.data import as_batch
from hilum.learn.networks import Classifier
from hilum.learn.predict import load_network
from hilum.run import Run
from hilum.storage.atomic import new_file
from hilum.storage.file_hash import hash_of

__all__ = ["TOLERANCE", "describe", "difference_to_torch", "onnx_model", "write_run_onnx"]

OPSET = 18
"""ONNX operator set of 2022, which onnxruntime 1.14 (2023) and later support."""
TOLERANCE = 1e-3
"""Logits may differ from torch's by this, or by this share of the largest: sums run in another
order."""
INPUT, OUTPUT = "grey", "logits"


def write_run_onnx(run: Run, grey: npt.NDArray[np.uint8]) -> str:
    """Write a run's `network.onnx`; return a sentence on why it failed, or "".

    It never raises: a network that can't be exported is predicted with torch.

    Args:
        run: a finished run of one network.
        grey: (n, size, size) uint8, slices on which torch and onnxruntime must agree.
    """
    try:
        network = load_network(run).cpu()
        model = onnx_model(network, size=grey.shape[-1])
        _point_into(model, run.weights_file)
        content = run.network()
        describe(model, {CARD: {k: content[k] for k in ("input", "class_names")}})
        describe(model, {WEIGHTS: hash_of(run.weights_file)})
        with new_file(run.onnx_file) as draft:
            draft.write_bytes(model.SerializeToString())
            difference_to_torch(network, draft, grey)
    except Exception as error:  # the training is finished and its network saved
        reason = str(error).strip().splitlines() or [type(error).__name__]
        kind = "" if isinstance(error, HilumError) else f"{type(error).__name__}: "
        return f"No {run.onnx_file.name}; prediction will need torch. {kind}{reason[0]}"
    return ""


def onnx_model(network: nn.Module, *, size: int, outputs: tuple[str, ...] = (OUTPUT,)) -> Any:
    """Return a network as an ONNX model, its tensors under their names in torch.

    Its input `grey` is (slices, 1, size, size) float32, grey levels 0..255; scaling is part of the
    network. Its output `logits` is (slices, classes) float32. Nothing is folded or simplified:
    onnxruntime does that when it loads the file.

    Args:
        network: in inference mode, on the CPU; or its first part.
        size: side of its square input, pixels.
        outputs: their names; each has one row per slice.

    Raises:
        RunError: torch can't export it.
    """
    try:
        return _traced(network, size, outputs)
    except Exception as error:  # torch's exporter raises all kinds
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise RunError(f"torch can't export the network to ONNX: {reason}") from error


def _traced(network: nn.Module, size: int, outputs: tuple[str, ...]) -> Any:
    """Return the model that torch's exporter makes of a network."""
    example = torch.zeros(2, 1, size, size)  # of one slice, tracing would take the 1 for a constant
    written: Any = io.BytesIO()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # on shapes becoming constants, which is meant
        torch.onnx.export(
            network, (example,), written, dynamo=False, opset_version=OPSET,
            input_names=[INPUT], output_names=list(outputs),
            dynamic_axes={name: {0: "slices"} for name in (INPUT, *outputs)},
            training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
        )  # fmt: skip
    model = onnx.load_from_string(written.getvalue())
    model.graph.name, model.doc_string = "hilum", "Research use only; not a medical device."
    return model


def difference_to_torch(network: Classifier, path: Path, grey: npt.NDArray[np.uint8]) -> float:
    """Return the largest difference between the logits of an ONNX file and the network's.

    Args:
        network: in inference mode, on the CPU.
        path: the file.
        grey: (n, size, size) uint8; run in two batches of different size.

    Raises:
        RunError: they differ by more than `TOLERANCE`.
    """
    exported = open_onnx(path)
    with torch.no_grad():
        expected = network(as_batch(grey, "cpu")).numpy()
    output = np.concatenate([exported.logits(part) for part in (grey[:1], grey[1:]) if len(part)])
    difference = float(np.abs(output - expected).max())
    allowed = TOLERANCE * max(1.0, float(np.abs(expected).max()))
    if not difference <= allowed:
        raise RunError(
            f"Its logits in onnxruntime differ by {difference:.2g} from torch's, and at most "
            f"{allowed:.2g} is allowed."
        )
    return difference


def describe(model: Any, content: dict[str, Any]) -> None:
    """Set the metadata of an ONNX model; values other than text are written as JSON."""
    for entry in [entry for entry in model.metadata_props if entry.key in content]:
        model.metadata_props.remove(entry)
    for key, value in content.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value if isinstance(value, str) else json.dumps(value)


def _point_into(model: Any, weights: Path) -> None:
    """Replace the tensors of a model that are in a safetensors file by references into it."""
    places = _places(weights)
    with weights.open("rb") as file:
        for tensor in model.graph.initializer:
            offset, length = places.get(tensor.name, (0, 0))
            if not length or length != len(tensor.raw_data):
                continue
            file.seek(offset)
            if file.read(length) == tensor.raw_data:
                tensor.ClearField("raw_data")
                tensor.data_location = onnx.TensorProto.EXTERNAL
                content = {"location": weights.name, "offset": offset, "length": length}
                for key, value in content.items():
                    entry = tensor.external_data.add()
                    entry.key, entry.value = key, str(value)


def _places(weights: Path) -> dict[str, tuple[int, int]]:
    """Return name -> offset from the file's beginning and length, bytes, of a safetensors file.

    Its layout: the header's length (8 bytes), the header (JSON), the tensors, little-endian and
    row by row. See https://huggingface.co/docs/safetensors.
    """
    with weights.open("rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
    start = 8 + length
    return {
        name: (
            start + content["data_offsets"][0],
            content["data_offsets"][1] - content["data_offsets"][0],
        )
        for name, content in header.items()
        if name != "__metadata__"
    }
