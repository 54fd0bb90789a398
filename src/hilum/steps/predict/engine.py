"""The engine that computes a run's networks: the requested one, or the fastest available."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from hilum.engines import Engine, ExportedRun, open_run_onnx
from hilum.errors import RunError, UsageError
from hilum.run import Run

__all__ = ["ENGINES", "LoadedEngine", "check_engine", "open_engine"]

ENGINES = ("auto", "onnx", "torch", "compiled")
"""auto: torch on a GPU, else onnx if the run has network.onnx, else torch."""
GPU_DEVICES = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")
"""Device files of GPUs that torch supports on Linux: NVIDIA's, through Windows, AMD's."""


@dataclass(frozen=True)
class LoadedEngine:
    """The networks that predict for a run.

    Attributes:
        name: of the engine: onnx, torch or compiled.
        networks: one, or an ensemble's.
        remark: why it is not the engine that was requested or expected; else empty.
    """

    name: str
    networks: Sequence[Engine]
    remark: str = ""


def check_engine(engine: str) -> None:
    """Raise UsageError unless there is such an engine."""
    if engine not in ENGINES:
        raise UsageError(f"engine must be one of {', '.join(ENGINES)}; got {engine!r}.")


def open_engine(run: Run | ExportedRun, engine: str = "auto") -> LoadedEngine:
    """Load the networks that predict for a run.

    Args:
        run: a network, an ensemble, or a file of `hilum export`, which onnx alone computes.
        engine: one of `ENGINES`.

    Raises:
        UsageError: no such engine, none for the file, or the run is a cross-validation.
        RunError: the run is incomplete; or onnx is requested and the run lacks it.
    """
    check_engine(engine)
    if isinstance(run, ExportedRun):
        if engine not in ("auto", "onnx"):
            raise UsageError(f"{run.path} can only be computed by the engine onnx; got {engine!r}.")
        return LoadedEngine("onnx", [run.opened])
    runs = run.answering()
    if engine == "onnx":
        try:
            return LoadedEngine("onnx", [open_run_onnx(one) for one in runs])
        except RunError as error:
            raise RunError(
                f"{error} `hilum export {run.folder} --out FILE.onnx` makes one to predict with; "
                f"--engine torch needs none."
            ) from None
    if engine == "auto" and not _gpu():
        remark = ""
        if any(one.onnx_file.is_file() for one in runs) and find_spec("onnxruntime") is not None:
            try:
                return LoadedEngine("onnx", [open_run_onnx(one) for one in runs])
            except RunError as error:
                if find_spec("torch") is None:
                    raise
                remark = f"Computed with torch: {error}"
        return LoadedEngine("torch", _torch(run), remark)
    compiled = engine == "compiled"
    return LoadedEngine("compiled" if compiled else "torch", _torch(run, compiled=compiled))


def _torch(run: Run, *, compiled: bool = False) -> Sequence[Engine]:
    """Return the networks on torch, which is loaded here."""
    from hilum.learn.predict import open_torch

    return open_torch(run, compiled=compiled)


def _gpu() -> bool:
    """Whether torch has a GPU; torch is loaded only where there may be one."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "0") in ("", "-1")
    seen = any(Path(device).exists() for device in GPU_DEVICES) or shutil.which("nvidia-smi")
    if hidden or not seen:
        return False
    from hilum.learn.device import device_name

    return device_name() != "cpu"
