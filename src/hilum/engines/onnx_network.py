"""A network as an ONNX file, computed by onnxruntime: no torch is loaded for it.

A run's `network.onnx` holds the operations alone: its tensors are places in the run's
`weights.safetensors`, which ONNX calls external data (https://onnx.ai/onnx/repo-docs/ExternalData.html).
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from hilum.engines.load_onnxruntime import load_onnxruntime
from hilum.errors import RunError
from hilum.processes import share_of_cores
from hilum.run import Run
from hilum.storage.file_hash import hash_of

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

__all__ = [
    "CARD",
    "WEIGHTS",
    "OnnxNetwork",
    "open_onnx",
    "open_run_onnx",
    "open_session",
]

CARD = "hilum.network"
"""Metadata key: what a run's network.json says of its network, JSON."""
WEIGHTS = "hilum.weights_sha256"
"""Metadata key: of the weights that the file points into; absent where it holds them itself."""
ERRORS_ONLY = 3
"""onnxruntime's log level: its warnings speak of its own optimiser."""


@dataclass(frozen=True)
class OnnxNetwork:
    """A network that onnxruntime computes on the processor.

    Attributes:
        session: onnxruntime's.
        size: side of the square that it sees, pixels.
        card: what the run's network.json said when the file was written.
    """

    session: InferenceSession
    size: int
    card: dict[str, Any]

    def logits(self, grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Return logits (n, classes) of slices (n, size, size) uint8."""
        batch = np.asarray(grey, dtype=np.float32)[:, None]
        given = self.session.run(None, {self.session.get_inputs()[0].name: batch})[0]
        return np.asarray(given, dtype=np.float32)


def open_session(model: str | bytes, *, alone: bool = True) -> InferenceSession:
    """Return onnxruntime's session for a file or the bytes of one, on this process's cores.

    Args:
        model: path or content.
        alone: whether nobody else computes in this process meanwhile: its threads then wait for
            the next layer without giving up their core.
    """
    onnxruntime = load_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = share_of_cores()
    options.inter_op_num_threads = 1
    options.log_severity_level = ERRORS_ONLY
    options.add_session_config_entry("session.intra_op.allow_spinning", "1" if alone else "0")
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def open_onnx(path: Path) -> OnnxNetwork:
    """Return the network in an ONNX file that hilum wrote.

    Raises:
        RunError: onnxruntime can't read it, or hilum didn't write it.
    """
    weights = Run(path.parent).weights_file
    for file in (path, weights):
        if file.is_file() and not os.access(file, os.R_OK):
            raise RunError(f"{file} may not be read by this user; `chmod a+r` lets everybody.")
    try:
        session = open_session(str(path))
    except Exception as error:  # onnxruntime's errors have no base of their own
        raise RunError(f"{path} can't be read by onnxruntime: {_first_line(error)}") from None
    metadata = session.get_modelmeta().custom_metadata_map
    try:
        card = json.loads(metadata[CARD])
        size = int(card["input"]["size"])
    except (KeyError, TypeError, ValueError):
        raise RunError(
            f"{path} is not a network that hilum wrote: its metadata lack {CARD}; make one with "
            f"`hilum export RUN --out FILE`."
        ) from None
    if WEIGHTS in metadata and metadata[WEIGHTS] != hash_of(weights):
        raise RunError(f"{path} does not belong to the {weights.name} next to it.")
    return OnnxNetwork(session, size, card)


def open_run_onnx(run: Run) -> OnnxNetwork:
    """Return the network of a run out of its `network.onnx`.

    Raises:
        RunError: there is none, or it is not that of the run's network.json and weights.
    """
    if not run.onnx_file.is_file():
        raise RunError(f"{run.folder} has no {run.onnx_file.name}.")
    network, content = open_onnx(run.onnx_file), run.description.content
    for key in ("input", "class_names"):
        if network.card.get(key) != content.get(key):
            raise RunError(f"{run.onnx_file} and {run.network_file.name} differ in {key}.")
    return network


def _first_line(error: Exception) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
