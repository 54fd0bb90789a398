"""Peak memory of training, evaluation and prediction on tables of 1,000 to 100,000 slices.

    python benchmarks/memory.py [--slices 1000 10000 100000] [--recipe phantom] [--size 64]
                                [--place FOLDER]

Phantoms of 64 x 64 pixels, every slice a file of its own (10 minutes and 0.6 GB for 100,000), split
by patient. `hilum train` reads, splits and decodes the whole table and trains one epoch of it, its
validation included; `hilum evaluate` and `hilum predict` take the run that came out. Each is a
process of its own, with an empty cache where it trains, looked at twenty times a second. Slices
that lie in --place already are taken.

`own` is the peak of the memory that is the process's own (Anonymous in /proc/PID/smaps_rollup): the
system can't take it back. `resident` is the peak of all that lay in memory (VmHWM), pages of
memory-mapped files included: those the system takes back when it needs them, and they grow with the
free memory. `above bare` is `own` less that of a process that only has the same modules imported.
Linux only. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from _machine import describe, row

COUNTS = (1_000, 10_000, 100_000)
SLICES_A_PATIENT = 5
PIXELS = 64
"""A side: the files are small, and decoding goes the same way."""
AIM = 1500
"""MB above the bare process that training may take."""
BETWEEN_LOOKS = 0.05
"""Seconds."""
BARE = {
    "train": "import hilum.cli.app, hilum.steps.train.step, sklearn.ensemble",
    "evaluate": "import hilum.cli.app, hilum.steps.evaluate.step, onnxruntime, sklearn.ensemble",
    "predict": "import hilum.cli.app, hilum.steps.predict.step, onnxruntime",
}
"""What a command imports before it does anything."""
HEADING = row("slices", "command", "time", "resident", "own", "above bare")


@dataclass
class Peak:
    """The largest memory of a process, MB, and how long it took, seconds."""

    own: float = 0.0
    resident: float = 0.0
    seconds: float = 0.0


def watched(command: list[str], cache: Path, *, fine: tuple[int, ...] = (0,)) -> Peak:
    """Run a command and return its peak; its output is shown only where its code is not `fine`."""
    environment = {**os.environ, "HILUM_CACHE": str(cache)}
    peak, began = Peak(), time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env=environment)
        while process.poll() is None:
            look_at(process.pid, peak)
            time.sleep(BETWEEN_LOOKS)
        output.seek(0)
        if process.returncode not in fine:
            raise SystemExit(f"{' '.join(command)}\n{output.read()}")
    peak.seconds = time.perf_counter() - began
    return peak


def look_at(pid: int, peak: Peak) -> None:
    """Raise `peak` to what a process takes now; one that has just ended is left alone."""
    location = Path(f"/proc/{pid}")
    try:
        own = kilobytes((location / "smaps_rollup").read_text(), "Anonymous")
        resident = kilobytes((location / "status").read_text(), "VmHWM")
    except (OSError, LookupError):
        return
    peak.own, peak.resident = max(peak.own, own / 1000), max(peak.resident, resident / 1000)


def kilobytes(text: str, name: str) -> float:
    """Return a line's number, as `Anonymous:   1024 kB`, in thousands of bytes."""
    found = re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE)
    if not found:
        raise LookupError(name)
    return int(found[1]) * 1.024


def hilum(*arguments: object) -> list[str]:
    """Return how a command of hilum is called."""
    return [sys.executable, "-m", "hilum", *map(str, arguments)]


def phantoms(location: Path, count: int) -> Path:
    """Return the split table of `count` phantoms, drawn into `place` where they aren't there."""
    table = location / f"{count}.csv"
    if not table.is_file():
        build = hilum("data", "build", f"phantom={location / str(count)}", "--out", table)
        settings = {"--patients": count // SLICES_A_PATIENT, "--slices": SLICES_A_PATIENT}
        for option, value in {**settings, "--size": PIXELS}.items():
            build += [option, str(value)]
        subprocess.run(build, check=True, capture_output=True)
        subprocess.run(hilum("split", table), check=True, capture_output=True)
    return table


def measured(table: Path, requested: argparse.Namespace, bare: dict[str, Peak]) -> dict[str, Peak]:
    """Print the rows of one table's commands, as they come, and return their peaks."""
    with tempfile.TemporaryDirectory() as folder:
        run, cache = Path(folder) / "run", Path(folder) / "cache"
        commands = {
            "train": hilum(
                "train", table, "--recipe", requested.recipe, "--weights", "none", "--out", run,
                "--set", "training.epochs=1", "--set", f"input.size={requested.size}",
            ),
            "evaluate": hilum("evaluate", run),
            "predict": hilum("predict", run, table, "--out", Path(folder) / "said.csv"),
        }  # fmt: skip
        peaks = {}
        for name, command in commands.items():
            peaks[name] = one = watched(command, cache)
            content = (f"{one.resident:,.0f} MB", f"{one.own:,.0f} MB",
                    f"{one.own - bare[name].own:,.0f} MB")  # fmt: skip
            count = f"{int(table.stem):,}"
            print(row(count, f"`hilum {name}`", f"{one.seconds:,.0f} s", *content), flush=True)
    return peaks


def verdict(peaks: dict[int, dict[str, Peak]], bare: dict[str, Peak]) -> str:
    """Say how memory grows with the slices, and whether training keeps to the aim."""
    few, many = min(peaks), max(peaks)
    lines = []
    for name in BARE if few < many else ():
        grown = peaks[many][name].own - peaks[few][name].own
        lines.append(f"- `hilum {name}`: from {few:,} to {many:,} slices {grown:+,.0f} MB, "
                     f"{grown / (many - few) * 1000:.1f} kB a slice")  # fmt: skip
    highest = max(one["train"].own for one in peaks.values()) - bare["train"].own
    retained = "under" if highest < AIM else "OVER"
    lines.append(
        f"- training at most {highest:,.0f} MB above the bare process, {retained} {AIM:,} MB"
    )
    return "\n".join(lines)


def main() -> None:
    """Print the table and what follows from it."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--slices", type=int, nargs="+", default=COUNTS)
    options.add_argument("--recipe", default="phantom")
    options.add_argument("--size", type=int, default=PIXELS)
    options.add_argument("--place", type=Path)
    requested = options.parse_args()
    print(f"{describe()}\n- Recipe: {requested.recipe}, {requested.size} pixels, one epoch\n")
    print(f"{HEADING}\n{row(*['---'] * 6)}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        location = requested.place or Path(folder)
        location.mkdir(parents=True, exist_ok=True)
        wait = "; import time; time.sleep(1)"
        bare = {
            name: watched([sys.executable, "-c", f"{code}{wait}"], location / "none")
            for name, code in BARE.items()
        }
        for name, one in bare.items():
            content = f"{one.resident:,.0f} MB", f"{one.own:,.0f} MB", "0 MB"
            print(row("bare", f"`hilum {name}`", "", *content), flush=True)
        peaks = {
            count: measured(phantoms(location, count), requested, bare)
            for count in sorted(requested.slices)
        }
    print(f"\n{verdict(peaks, bare)}")


if __name__ == "__main__":
    main()
