"""The device that a machine computes on, and the precision that it is fast in."""

from __future__ import annotations

import ctypes
import platform
from typing import Literal

import torch
from accelerate import Accelerator

from hilum.errors import UsageError
from hilum.processes import rank_and_count, share_of_cores

__all__ = [
    "Precision",
    "autocast",
    "choose_precision",
    "computes_bfloat16",
    "device_name",
    "keep_memory",
    "make_accelerator",
]

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
"""Parameters of glibc's mallopt, as malloc.h numbers them."""
LARGEST_TENSOR = 1 << 30
"""Bytes: smaller blocks are allocated on the heap; no activation of a batch is larger."""
LARGEST_ALLOWED = 32 << 20
"""Bytes: the largest M_MMAP_THRESHOLD of older glibc on 64-bit systems."""
NEVER = 2**31 - 1
"""As M_TRIM_THRESHOLD: free memory at the top of the heap is not given back."""

Precision = Literal["float32", "bfloat16"]


def computes_bfloat16() -> bool:
    """Whether the GPU, or else the processor, multiplies bfloat16 in hardware.

    A processor without AVX512-BF16 or AMX emulates it and is slower than with float32.
    """
    if torch.cuda.is_available():
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    able = torch.cpu.get_capabilities()
    return bool(able.get("avx512_bf16") or able.get("amx_bf16"))


def choose_precision(requested: str) -> Precision:
    """Return the precision to train in: the requested one, or for "auto" the machine's own."""
    if requested == "auto":
        return "bfloat16" if computes_bfloat16() else "float32"
    return "bfloat16" if requested == "bfloat16" else "float32"


def make_accelerator() -> Accelerator:
    """Return accelerate's handle on the device(s) and processes, without mixed precision.

    Several processes of one machine share its cores. accelerate fixes the precision for the life of
    a process; hilum passes that of a training to `autocast` instead, so that one session can train
    in several precisions.

    Raises:
        UsageError: accelerate is already set up differently in this process.
    """
    keep_memory()
    torch.set_num_threads(min(torch.get_num_threads(), share_of_cores()))
    _, processes = rank_and_count()
    cpu = processes > 1 and not torch.accelerator.is_available()
    try:
        return Accelerator(mixed_precision="no", cpu=cpu)
    except ValueError:  # accelerate: its state can't be changed any more
        raise UsageError(
            "accelerate is already set up in this process with mixed precision or another device, "
            "and hilum sets both itself; train in a separate process."
        ) from None


def autocast(device: torch.device | str, precision: Precision) -> torch.autocast:
    """Return the context in which torch computes in `precision` on a device."""
    kind = torch.device(device).type
    return torch.autocast(kind, torch.bfloat16, enabled=precision == "bfloat16")


def device_name() -> str:
    """Return the device that torch would use: a GPU's name, or "cpu"."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "cpu"


def keep_memory() -> bool:
    """Make this process reuse the memory of freed tensors; return whether it does.

    By default glibc maps new pages for every large tensor and unmaps them as soon as it is freed,
    so that each layer of each batch waits for empty pages. On the heap the same pages are reused;
    in return the process keeps its peak size. Called before torch computes; calling it again is
    harmless. Only on Linux with glibc; a no-op elsewhere. See mallopt(3).
    """
    if platform.system() != "Linux" or platform.libc_ver()[0] != "glibc":
        return False
    mallopt = ctypes.CDLL(None).mallopt
    mapped = mallopt(M_MMAP_THRESHOLD, LARGEST_TENSOR) or mallopt(M_MMAP_THRESHOLD, LARGEST_ALLOWED)
    return bool(mapped and mallopt(M_TRIM_THRESHOLD, NEVER))
