"""Seconds and memory of one answer for a CT series: slices read, lungs found, predicted, joined.

    python benchmarks/series.py [--run RUN] [--slices 100 300 600]

Without --run, a MobileNetV2 with random weights is made for it, at 224 pixels.
Series of 512 x 512 are phantoms of 24 levels, each level in several neighbouring slices with noise
of its own, as 12-bit DICOM files. `hilum predict RUN FOLDER` answers each in a process of its own;
seconds are of the whole process, from its start to its end; memory is its peak, and `own` leaves
out the pages of files, such as libraries, that the system can take back. With `--page`
it also makes the maps and the page, for which torch is loaded. The files are in the system's cache.
Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import numpy as np
from _machine import describe, row
from memory import BETWEEN_LOOKS, Peak, hilum, look_at
from pydicom import dcmread
from startup import made_run

from hilum.sources.phantom.cohort import member
from hilum.sources.phantom.settings import PhantomSettings
from hilum.sources.phantom_dicom import write_studies

LEVELS = 24
SIDE = 512
NOISE_HU = 10


def draw(folder: Path, count: int) -> Path:
    """Write a series of `count` slices; return its folder."""
    settings = PhantomSettings(patients=1, size=SIDE)
    list(write_studies(folder / "drawn", settings, [member(settings, 0)], LEVELS))
    levels = [dcmread(file) for file in sorted((folder / "drawn" / "p0001" / "lung").iterdir())]
    series, rng = folder / f"series-{count}", np.random.default_rng(0)
    series.mkdir()
    for number in range(count):
        dataset = levels[number * LEVELS // count]
        drawn = dataset.pixel_array.astype(np.int16)
        noisy = drawn + rng.normal(0, NOISE_HU, drawn.shape).astype(np.int16)
        written = dcmread(folder / "drawn" / "p0001" / "lung" / "0001.dcm")
        written.PixelData = np.clip(noisy, 0, 4095).astype("<u2").tobytes()
        left, top, _ = dataset.ImagePositionPatient
        written.ImagePositionPatient = [left, top, round(-number * 320 / count, 4)]
        written.SOPInstanceUID = written.file_meta.MediaStorageSOPInstanceUID = (
            f"1.2.3.{number + 1}"
        )
        written.InstanceNumber = number + 1
        written.save_as(series / f"{number + 1:04d}.dcm")
    shutil.rmtree(folder / "drawn")
    return series


def predict(run: Path, series: Path, *options: str) -> tuple[float, float, Peak]:
    """Return wall seconds, processor seconds, and the peak memory of one prediction.

    The kernel's own peak of a child (`ru_maxrss`) begins at the size of this process.
    """
    command = hilum("predict", run, series, *options)
    peak, began, ended = Peak(), time.perf_counter(), 0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not ended:
        look_at(process.pid, peak)
        time.sleep(BETWEEN_LOOKS)
        ended, status, used = os.wait4(process.pid, os.WNOHANG)
    seconds = time.perf_counter() - began
    assert status == 0, f"{command} failed"
    return seconds, used.ru_utime + used.ru_stime, peak


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--run", type=Path)
    parser.add_argument("--slices", type=int, nargs="+", default=[100, 300, 600])
    parser.add_argument("--tries", type=int, default=3)
    chosen = parser.parse_args()
    print(describe(), end="\n\n")
    print(row("slices", "output", "best s", "median s", "processor s", "peak MB", "own MB"))
    print(row("---:", "---", *["---:"] * 5))
    with tempfile.TemporaryDirectory() as folder:
        run = chosen.run or made_run(Path(folder) / "run").folder
        for count in chosen.slices:
            series = draw(Path(folder), count)
            for name, options in (("rows", []), ("page", ["--page", f"{folder}/pages", "--force"])):
                tries = [predict(run, series, *options) for _ in range(chosen.tries)]
                walls = sorted(wall for wall, _, _ in tries)
                print(
                    row(
                        count, name, f"{walls[0]:.1f}", f"{walls[len(walls) // 2]:.1f}",
                        f"{min(cpu for _, cpu, _ in tries):.1f}",
                        f"{max(peak.resident for _, _, peak in tries):.0f}",
                        f"{max(peak.own for _, _, peak in tries):.0f}",
                    ),
                    flush=True,
                )  # fmt: skip
            shutil.rmtree(series)


if __name__ == "__main__":
    main()
