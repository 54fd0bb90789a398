"""What a benchmark ran on: commit, command, machine, and how fast the machine can multiply."""

from __future__ import annotations

import os
import platform
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import date
from importlib import metadata
from pathlib import Path

import torch

from hilum.learn.device import computes_bfloat16, device_name, keep_memory
from hilum.run.environment import processor_name

__all__ = ["best_and_median", "describe", "matmul_limit", "row", "timed"]

ROOT = Path(__file__).resolve().parents[1]
SIDE = 2048
"""Of the square matrices: three of them are beyond every cache, and a product takes a while."""
PRODUCTS = 12
"""Tries, of which the best counts: the machine may be doing something else for a moment."""
PACKAGES = ("torch", "timm", "onnxruntime")


def describe() -> str:
    """Return the lines that stand above every table: command, commit, date, machine, packages."""
    device = "" if device_name() == "cpu" else f", {device_name()}"
    packages = ", ".join(f"{name} {_version(name)}" for name in PACKAGES)
    return "\n".join(
        (
            f"- Command: `python {shlex.join([_relative(sys.argv[0]), *sys.argv[1:]])}`",
            f"- Commit: {_commit()}, {date.today().isoformat()}",
            f"- Machine: {processor_name()}, {torch.get_num_threads()} threads on {os.cpu_count()} "
            f"cores{device}; bfloat16 in hardware: {'yes' if computes_bfloat16() else 'no'}",
            f"- Software: Python {platform.python_version()}, {packages}",
        )
    )


def matmul_limit(precision: str = "float32") -> float:
    """Return the GFLOP/s of the best of several products of two square matrices.

    It is what the machine gives at most, on all its threads: what a network reaches is told as a
    share of it.

    Args:
        precision: "float32" or "bfloat16".
    """
    keep_memory()
    device = "cuda" if torch.cuda.is_available() else "cpu"
    number = {"float32": torch.float32, "bfloat16": torch.bfloat16}[precision]
    left, right = (torch.randn(SIDE, SIDE, device=device, dtype=number) for _ in range(2))

    def product() -> None:
        torch.mm(left, right)
        if device == "cuda":
            torch.cuda.synchronize()

    product()
    return 2 * SIDE**3 / min(timed(product, PRODUCTS)) / 1e9


def timed(work: Callable[[], object], times: int) -> list[float]:
    """Return the seconds that each of several calls takes."""
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return seconds


def best_and_median(seconds: Sequence[float]) -> tuple[float, float]:
    """Return the smallest and the middle one."""
    in_order = sorted(seconds)
    middle = len(in_order) // 2
    return in_order[0], (in_order[middle] + in_order[~middle]) / 2


def row(*cells: object) -> str:
    """Return a line of a Markdown table."""
    return f"| {' | '.join(map(str, cells))} |"


def _commit() -> str:
    """Return the commit of this checkout, marked where files differ from it."""
    try:
        content = subprocess.run(
            ["git", "-C", str(ROOT), "describe", "--always", "--abbrev=10", "--dirty=, changed"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return content.stdout.strip()


def _relative(script: str) -> str:
    """Return how the script is called from the checkout."""
    path = Path(script).resolve()
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return "none"
