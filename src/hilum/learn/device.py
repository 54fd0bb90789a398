"""What the machine computes on, and in which precision it does so well."""

from __future__ import annotations

import os
from typing import Literal

import torch
from accelerate import Accelerator
from accelerate.state import AcceleratorState

__all__ = ["choose_precision", "computes_bfloat16", "device_name", "make_accelerator"]

Precision = Literal["float32", "bfloat16"]


def computes_bfloat16() -> bool:
    """Whether the GPU, or else the processor, multiplies bfloat16 in hardware.

    A processor without AVX512-BF16 or AMX emulates it and is slower than with float32.
    """
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))


def choose_precision(asked: str) -> Precision:
    """Return the precision to train in: what was asked, or for "auto" what the machine has."""
    if asked == "auto":
        return "bfloat16" if computes_bfloat16() else "float32"
    return "bfloat16" if asked == "bfloat16" else "float32"


def make_accelerator(precision: str) -> Accelerator:
    """Return accelerate's handle on the device(s) and processes, in `precision` (or "auto").

    accelerate keeps the first precision for the life of the process; it is made to forget it, so
    that one session may train twice.
    """
    mixed = "bf16" if choose_precision(precision) == "bfloat16" else "no"
    AcceleratorState._reset_state()
    several = int(os.environ.get("WORLD_SIZE", "1")) > 1
    return Accelerator(mixed_precision=mixed, cpu=several and not torch.accelerator.is_available())


def device_name() -> str:
    """Return what torch would compute on: a GPU's name, or "cpu"."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"
