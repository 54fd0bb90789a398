"""This checkout and an earlier one in turn: `--help`, `import hilum`, predicting a folder.

    git worktree add ../earlier 6fb0924
    python benchmarks/earlier.py ../earlier [--slices 100] [--times 7]

Both are called with this environment's packages, one after the other, so that the load of the
machine is the same for both; the best of several calls counts, in seconds of the clock and of the
processor (user and system). The run is a MobileNetV2 with random weights, the slices are drawn.
Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from _machine import ROOT, describe, row
from startup import made_run


class Seconds(NamedTuple):
    """What a call took, by the clock and of the processor."""

    clock: float
    processor: float


def call(source: Path, arguments: list[str]) -> Seconds:
    """Run Python with hilum from `source` and return what it took."""
    environment = {**os.environ, "PYTHONPATH": str(source)}
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, env=environment)
    clock, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    return Seconds(clock, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


def measured(name: str, arguments: list[str], sources: tuple[Path, Path], times: int) -> str:
    """Return the row of one command: the best of each checkout, and their ratio."""
    taken: tuple[list[Seconds], list[Seconds]] = ([], [])
    for _ in range(times):
        for source, seconds in zip(sources, taken, strict=True):
            seconds.append(call(source, arguments))
    clock = [min(one.clock for one in seconds) for seconds in taken]
    processor = [min(one.processor for one in seconds) for seconds in taken]
    cells = [f"{clock[n]:.2f} s, {processor[n]:.2f} s" for n in (0, 1)]
    return row(f"`{name}`", *cells, f"{processor[1] / processor[0]:.2f}")


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("earlier", type=Path)
    options.add_argument("--slices", type=int, default=100)
    options.add_argument("--times", type=int, default=7)
    requested = options.parse_args()
    sources = (requested.earlier.resolve() / "src", ROOT / "src")
    print(describe() + "\n")
    print(row("command", "earlier: clock, processor", "now", "now / earlier, processor"))
    print(row(*["---"] * 4), flush=True)
    with tempfile.TemporaryDirectory() as location:
        run, folder = made_run(Path(location) / "run").folder, Path(location) / "slices"
        folder.mkdir()
        rng = np.random.default_rng(0)
        for number in range(requested.slices):
            grey = rng.integers(0, 256, (512, 512), dtype=np.uint8)
            cv2.imwrite(str(folder / f"{number:04}.png"), grey)
        rows = {
            "hilum --help": ["-m", "hilum", "--help"],
            "import hilum": ["-c", "import hilum"],
            f"hilum predict RUN, {requested.slices} slices": [
                "-m", "hilum", "predict", str(run), str(folder), "--engine", "onnx",
            ],
        }  # fmt: skip
        for name, arguments in rows.items():
            print(measured(name, arguments, sources, requested.times), flush=True)


if __name__ == "__main__":
    main()
