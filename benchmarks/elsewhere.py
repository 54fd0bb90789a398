"""Time and peak memory of `hilum evaluate RUN TABLE` on tables of 1,000 to 100,000 slices.

    python benchmarks/elsewhere.py [--slices 1000 10000 100000] [--size 64] [--run RUN]
                                   [--place FOLDER]

The run is a phantom recipe trained for one epoch on 400 phantoms, or --run. The slices are random
fields of 64 x 64 pixels inside an ellipse, five a group, two sources, those of cancer with a bright
spot: drawing so many phantoms would take longer than evaluating them, and no two fields are alike.
Each evaluation is a process of its own with an empty cache, looked at twenty times a second:
reading both tables, the search for shared pictures, the network, the border probe, metrics with
their intervals by slice, group, source and part, the decision curve. `own`, `resident` and `above
bare` as in memory.py. Linux only. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
from _machine import describe, row
from memory import PIXELS, Peak, hilum, phantoms, watched

COUNTS = (1_000, 10_000, 100_000)
TRAINED = 400
"""Phantoms that the run is trained on."""
SLICES_A_GROUP = 5
CELLS = 12
"""A side: pieces of the random field, so that every picture has detail of its own."""
FILES_A_FOLDER = 1_000
IMPORTED = (
    "import hilum.cli.app, hilum.steps.evaluate.elsewhere, onnxruntime, sklearn.ensemble, cv2"
)
"""What the command imports before it does anything."""
HEADING = row("slices", "time", "a slice", "resident", "own", "above bare")


def fields(location: Path, count: int) -> Path:
    """Return the table of `count` random fields, drawn into `location` where they aren't there."""
    table = location / f"fields-{count}.csv"
    if table.is_file():
        return table
    rng = np.random.default_rng(count)
    y, x = np.mgrid[-1 : 1 : PIXELS * 1j, -1 : 1 : PIXELS * 1j]
    body = (y / 0.9) ** 2 + (x / 0.95) ** 2 < 1
    rows = []
    for number in range(count):
        group = number // SLICES_A_GROUP
        is_cancer = group % 2 == 0
        field = cv2.resize(rng.normal(0, 40, (CELLS, CELLS)), (PIXELS, PIXELS))
        if is_cancer:
            row_at, column_at = rng.uniform(-0.5, 0.5, 2)
            field += 90 * np.exp(-40 * ((y - row_at) ** 2 + (x - column_at) ** 2))
        path = Path(f"fields-{count}") / str(number // FILES_A_FOLDER) / f"{number}.png"
        (location / path.parent).mkdir(parents=True, exist_ok=True)
        grey = np.where(body, np.clip(field + 110, 1, 255), 0).astype(np.uint8)
        cv2.imwrite(str(location / path), grey)
        rows.append(
            {
                "slice_id": f"field-{number}", "path": path.as_posix(),
                "label": "cancer" if is_cancer else "pneumonia", "group": f"field-group-{group}",
                "source": f"clinic {group // 2 % 2}", "sex": "FM"[group // 4 % 2],
            }
        )  # fmt: skip
    pd.DataFrame(rows).to_csv(table, index=False)
    return table


def trained(location: Path) -> Path:
    """Return the run, trained and evaluated into `location` where it isn't there."""
    run = location / "run"
    if not (run / "metrics.json").is_file():
        command = hilum(
            "train", phantoms(location, TRAINED), "--recipe", "phantom", "--weights", "none",
            "--out", run, "--set", "training.epochs=1", "--set", f"input.size={PIXELS}",
        )  # fmt: skip
        subprocess.run(command, check=True, capture_output=True)
        subprocess.run(hilum("evaluate", run), check=True, capture_output=True)
    return run


def measured(run: Path, table: Path) -> Peak:
    """Evaluate a run on a table and return what that took."""
    with tempfile.TemporaryDirectory() as cache:
        command = hilum("evaluate", run, table, "--by", "sex", "--prevalence", 0.02, "--force")
        return watched(command, Path(cache))


def main() -> None:
    """Print the table and what follows from it."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--slices", type=int, nargs="+", default=COUNTS)
    options.add_argument("--run", type=Path)
    options.add_argument("--place", type=Path)
    requested = options.parse_args()
    print(f"{describe()}\n\n{HEADING}\n{row(*['---'] * 6)}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        location = requested.place or Path(folder)
        location.mkdir(parents=True, exist_ok=True)
        run = requested.run or trained(location)
        wait = "; import time; time.sleep(1)"
        bare = watched([sys.executable, "-c", f"{IMPORTED}{wait}"], location / "none")
        print(row("bare", "", "", f"{bare.resident:,.0f} MB", f"{bare.own:,.0f} MB", "0 MB"))
        peaks = {}
        for count in sorted(requested.slices):
            peaks[count] = one = measured(run, fields(location, count))
            content = (f"{one.seconds:,.0f} s", f"{one.seconds / count * 1000:.1f} ms",
                       f"{one.resident:,.0f} MB", f"{one.own:,.0f} MB",
                       f"{one.own - bare.own:,.0f} MB")  # fmt: skip
            print(row(f"{count:,}", *content), flush=True)
    few, many = min(peaks), max(peaks)
    if few < many:
        grown = peaks[many].own - peaks[few].own
        print(
            f"\n- from {few:,} to {many:,} slices {grown:+,.0f} MB, "
            f"{grown / (many - few) * 1000:.1f} kB a slice"
        )


if __name__ == "__main__":
    main()
