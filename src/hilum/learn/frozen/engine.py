"""The frozen part as a function of slices, computed by the fastest engine of this machine."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor

from hilum.engines import open_session
from hilum.learn.frozen.submodules import FrozenPart
from hilum.learn.fuse_batchnorm import fold_module
from hilum.learn.onnx.export import onnx_model

__all__ = ["Compute", "fastest_part"]

Compute = Callable[[Tensor], tuple[Tensor, ...]]
"""From grey levels (n, 1, size, size) float32, 0..255, to tensors (n, ...), one row per slice."""

TOLERANCE = 1e-3
"""Share of the largest output by which two engines may differ, through rounding."""


def fastest_part(part: FrozenPart, *, size: int, precision: torch.dtype) -> Compute:
    """Return a function that computes `part`: onnxruntime on a CPU in float32, else torch.

    Both fold batch norm into the convolutions, and onnxruntime fuses activations too. The output is
    compared once with the unfolded part; where it differs, the unfolded part computes.

    Args:
        part: in inference mode, on its device.
        size: side of its square input, pixels.
        precision: torch.float32, or torch.bfloat16 where the machine is made for it.
    """
    generator = torch.Generator().manual_seed(0)
    grey = (torch.rand((2, 1, size, size), generator=generator) * 255).to(part.mean.device)
    expected = _by_torch(part, torch.float32)(grey)
    if part.mean.device.type == "cpu" and precision is torch.float32:
        by_onnx = _by_onnxruntime(part, size, len(expected))
        if by_onnx is not None and _alike(by_onnx(grey), expected):
            return by_onnx
    folded = _folded(part)
    same = _alike(_by_torch(folded, torch.float32)(grey), expected)
    return _by_torch(folded if same else part, precision)


def _by_torch(part: FrozenPart, precision: torch.dtype) -> Compute:
    """Return a function that computes the part with torch."""

    @torch.no_grad()
    def compute(grey: Tensor) -> tuple[Tensor, ...]:
        half = precision is torch.bfloat16
        with torch.autocast(grey.device.type, torch.bfloat16, enabled=half):
            retained: tuple[Tensor, ...] = part(grey)
        return retained

    return compute


def _folded(part: FrozenPart) -> FrozenPart:
    """Return a copy of a part with its batch norms folded; the network itself is unchanged."""
    folded = copy.deepcopy(part).eval()
    fold_module(folded.features)
    return folded


def _by_onnxruntime(part: FrozenPart, size: int, outputs: int) -> Compute | None:
    """Return a function that computes the part with onnxruntime; None where that fails."""
    names = tuple(f"kept_{number}" for number in range(outputs))
    try:
        model = onnx_model(part, size=size, outputs=names)
        session = open_session(model.SerializeToString(), alone=False)
    except Exception:  # exporters and onnxruntime raise anything; torch is the fallback
        return None
    entry = session.get_inputs()[0].name

    def by_onnx(grey: Tensor) -> tuple[Tensor, ...]:
        given = session.run(list(names), {entry: grey.numpy()})
        return tuple(torch.from_numpy(one) for one in given)

    return by_onnx


def _alike(given: tuple[Tensor, ...], expected: tuple[Tensor, ...]) -> bool:
    """Whether two engines agree up to rounding."""
    return all(
        one.shape == other.shape
        and torch.allclose(one, other, rtol=0, atol=TOLERANCE * float(other.abs().max()))
        for one, other in zip(given, expected, strict=True)
    )
