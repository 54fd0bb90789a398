"""Seconds until `hilum --help` and `hilum predict` on one slice have answered.

    python benchmarks/startup.py [--run RUN --slice FILE] [--times 7]

Each call is a process of its own, started again and again; best and median. The first one, which
finds nothing in the system's cache unless somebody has just used it, is told apart. Without --run,
a MobileNetV2 with random weights is made for it, at 224 pixels, and asked about a drawn slice.
Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import torch
from _machine import best_and_median, describe, row, timed

from hilum.learn.checkpoint import save_weights
from hilum.learn.networks import build_network
from hilum.learn.onnx.export import write_run_onnx
from hilum.learn.weights import Weights
from hilum.recipe import dump_recipe, load_recipe
from hilum.run import Run, write_json
from hilum.table import SliceTable, check_rows, write_table

SIZE = 224
AIMS = {"--help": 0.3, "predict": 4.0}
"""Seconds."""


def made_run(folder: Path) -> Run:
    """Write a finished run of an untrained MobileNetV2."""
    names = ("cancer", "pneumonia")
    recipe = load_recipe(
        "mobilenetv2",
        [f"input.size={SIZE}", 'network.train_from="all"', f"classes.names={list(names)}"],
    )
    torch.manual_seed(0)
    scaling = (0.5,) * 3
    start = Weights.placeholder(recipe, scaling, scaling)
    run, network = Run(folder), build_network(recipe, start, classes=2).eval()
    folder.mkdir()
    run.recipe_file.write_text(dump_recipe(recipe), encoding="utf-8")
    content = {
        "class_names": list(names), "positive": names[0], "windows": [], "cam_layer": "",
        "input": {"size": SIZE, "mean": list(scaling), "std": list(scaling)},
    }  # fmt: skip
    write_json(content, run.network_file)
    columns = {"slice_id": "a", "path": "a.png", "label": "cancer", "group": "a", "source": "a"}
    rows = check_rows(pd.DataFrame([columns], dtype=str), name="slices.csv")
    write_table(SliceTable(rows, folder), run.table_file)
    save_weights(network, run.weights_file)
    if output := write_run_onnx(run, np.zeros((2, SIZE, SIZE), dtype=np.uint8)):
        raise SystemExit(output)
    return run


def measured(name: str, arguments: list[str], times: int) -> str:
    """Return the row of one command."""
    command = [sys.executable, "-m", "hilum", *arguments]

    def call() -> None:
        subprocess.run(command, check=True, capture_output=True, env=os.environ)

    (first,), (best, median) = timed(call, 1), best_and_median(timed(call, times))
    aim = f"{AIMS[arguments[0]]:.1f} s"
    return row(f"`{name}`", f"{first:.2f} s", f"{best:.2f} s", f"{median:.2f} s", f"under {aim}")


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--run", type=Path)
    options.add_argument("--slice", type=Path)
    options.add_argument("--times", type=int, default=7)
    requested = options.parse_args()
    print(describe() + "\n")
    print(row("command", "first", "best", "median", "aim"))
    print(row(*["---"] * 5), flush=True)
    with tempfile.TemporaryDirectory() as location:
        run, picture = requested.run, requested.slice or Path(location) / "slice.png"
        if run is None:
            run = made_run(Path(location) / "run").folder
        if requested.slice is None:
            grey = np.random.default_rng(0).integers(0, 256, (512, 512), dtype=np.uint8)
            cv2.imwrite(str(picture), grey)
        print(measured("hilum --help", ["--help"], requested.times), flush=True)
        one = ["predict", str(run), str(picture)]
        for engine in ("onnx", "torch"):
            name = f"hilum predict RUN SLICE --engine {engine}"
            print(measured(name, [*one, "--engine", engine], requested.times), flush=True)


if __name__ == "__main__":
    main()
