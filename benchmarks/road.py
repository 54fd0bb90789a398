"""The whole road timed, two versions of hilum side by side: `hilum train ... --report`.

    python benchmarks/road.py SLICES.csv OTHER_PYTHON [--recipe mobilenetv2] [--weights DIR]

OTHER_PYTHON is the interpreter of an environment with the other version (another checkout of this
repository, installed by `make setup`). First the other version goes the road, then this one from an
empty cache, then this one again, which finds what its first road has left there. The command line
alone is used, as a user would. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
from _machine import describe, row

HEADING = row("version", "road", "training alone", "whole road", "epochs", "validation AUC") + (
    "\n|" + "---|" * 6
)
ROADS = (("other", "first"), ("this", "first"), ("this", "again"))


def road(python: str, requested: argparse.Namespace, run: Path) -> tuple[float, pd.DataFrame]:
    """Go the road with one version; return its seconds and its history."""
    command = [python, "-m", "hilum", "train", str(requested.table), "--recipe", requested.recipe,
               "--out", str(run), "--report"]  # fmt: skip
    command += ["--weights", str(requested.weights)] if requested.weights else []
    environment = {**os.environ, "HILUM_CACHE": str(run.parent / "cache")}
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environment)
    return time.perf_counter() - began, pd.read_csv(run / "history.csv")


def main() -> None:
    """Print the table, line by line as it comes, and the ratios."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("table", type=Path)
    options.add_argument("other", help="the other version's python")
    options.add_argument("--recipe", default="mobilenetv2")
    options.add_argument("--weights", type=Path)
    requested = options.parse_args()
    print(f"{describe()}\n\n{HEADING}", flush=True)
    seconds = []
    with tempfile.TemporaryDirectory() as location:
        for version, which in ROADS:
            folder = Path(location) / version
            folder.mkdir(exist_ok=True)
            python = requested.other if version == "other" else sys.executable
            full, history = road(python, requested, folder / which)
            seconds.append(full)
            auc = history["validation_auc"].max()
            print(row(version, which, f"{history['seconds'].sum():.0f} s", f"{full:.0f} s",
                      len(history), f"{auc:.4f}"), flush=True)  # fmt: skip
    before, after, again = seconds
    print(
        f"\nThis version goes the road {before / after:.1f} times as fast as the other, and a "
        f"second time {before / again:.1f} times as fast."
    )


if __name__ == "__main__":
    main()
