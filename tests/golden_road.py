"""The road that the golden files are of: every command once, on a few phantoms, in one process.

Run as `python tests/golden_road.py FOLDER` with `ENVIRONMENT` set, it works in FOLDER and leaves
there what the commands wrote, what they said (`said/`), and `MACHINE`. It calls hilum as
`python -m hilum` does, and imports nothing of it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import platform
import runpy
import sys
from contextlib import redirect_stderr, redirect_stdout
from importlib import metadata
from pathlib import Path

__all__ = ["CACHE", "ENVIRONMENT", "MACHINE", "SAID", "STEPS"]

SAID, MACHINE, CACHE = "said", "machine.json", "cache"

ENVIRONMENT = {
    **dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1"),
    "HILUM_CACHE": CACHE,
    "CUDA_VISIBLE_DEVICES": "",
    "COLUMNS": "100",
    "MPLBACKEND": "agg",
    "PYTHONHASHSEED": "0",
}
"""One thread: sums are then made in one order, and results are the same each time."""

PHANTOMS, MARKED = "phantoms/slices.csv", "marked/slices.csv"
SMALL = ("--recipe", "phantom", "--weights", "none", "--set", "input.size=64")
SHORT = (*SMALL, "--set", "training.epochs=1")

STEPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("build", ("data", "build", "phantom=phantoms", "--out", PHANTOMS, "--patients", "24",
               "--slices", "2", "--size", "96", "--link", "0.5")),
    ("split", ("split", PHANTOMS)),
    ("describe", ("data", "describe", PHANTOMS, "--out", "described")),
    ("duplicates", ("data", "duplicates", MARKED, "--out", "duplicates/pairs.csv", "--join",
                    "duplicates/joined.csv", "--sheet", "duplicates/sheet.png")),
    ("clean", ("data", "clean", MARKED, "--out", "cleaned")),
    ("train", ("train", PHANTOMS, *SMALL, "--set", "training.epochs=2", "--out", "run",
               "--report")),
    ("sanity", ("sanity", "run", "--slices", "4", "--draws", "1", "--steps", "2")),
    ("report", ("report", "run")),
    ("info", ("info", "run", "--layers")),
    ("train-other", ("train", PHANTOMS, *SHORT, "--set", "training.seed=1", "--set",
                     "title='Another seed'", "--out", "other")),
    ("evaluate-other", ("evaluate", "other")),
    ("explain-other", ("explain", "other", "--method", "layercam", "--layer", "all", "--target",
                       "predicted", "--full-size", "--no-untrained")),
    ("compare", ("compare", "run", "other", "--out", "compared")),
    ("ensemble", ("ensemble", "run", "other", "--out", "mean", "--report")),
    ("folds", ("train", PHANTOMS, *SHORT, "--folds", "2", "--out", "folds", "--report")),
    ("predict-csv", ("predict", "run", PHANTOMS, "--out", "predicted/slices.csv")),
    ("predict-json", ("predict", "run", "phantoms/phantom", "phantoms/slices.csv", "--format",
                      "json", "--threshold", "youden", "--out", "predicted/slices.json")),
    ("export", ("export", "run", "--out", "exported/network.onnx")),
    ("figure", ("figure", "networks", "run", "other", "--out", "figure/networks.svg")),
    ("random-labels", ("random-labels", PHANTOMS, *SHORT, "--out", "random")),
    ("recipes", ("recipes",)),
    ("networks", ("networks",)),
    ("refused", ("train", PHANTOMS, "--recipe", "phantom", "--set", "training.epochs=0", "--out",
                 "never")),
)  # fmt: skip
"""Name -> the words behind `hilum`."""

PACKAGES = ("numpy", "scipy", "scikit-learn", "statsmodels", "pandas", "matplotlib", "pillow",
            "opencv-python-headless", "pydicom", "torch", "torchvision", "timm", "accelerate",
            "onnx", "onnxruntime")  # fmt: skip
"""Packages whose version may change a digit, or stands in a report."""


def main(folder: Path) -> None:
    """Go the road in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    Path(SAID).mkdir()
    for name in ("duplicates", "predicted", "exported", "figure"):
        Path(name).mkdir()
    for name, words in STEPS:
        code, out, err = call(words)
        text = f"$ hilum {' '.join(words)}\nexit code {code}\n{out}{err and 'stderr:'}\n{err}"
        Path(SAID, f"{name}.txt").write_text(text, encoding="utf-8")
        if name == "split":
            mark()
    content = machine()
    names = [content["processor"], platform.platform(terse=True)]
    Path(MACHINE).write_text(json.dumps({"machine": content, "names": names}), encoding="utf-8")


def call(words: tuple[str, ...]) -> tuple[int, str, str]:
    """Call hilum; return its exit code and what it said on stdout and stderr."""
    out, err, code, before = io.StringIO(), io.StringIO(), 0, sys.argv
    sys.argv = ["hilum", *words]
    try:
        with redirect_stdout(out), redirect_stderr(err):
            runpy.run_module("hilum", run_name="__main__")
    except SystemExit as stop:
        code = int(stop.code or 0)
    finally:
        sys.argv = before
    return code, out.getvalue(), err.getvalue()


def mark() -> None:
    """Draw a plate and a bar on a few phantoms, and give one slice a brighter twin."""
    from PIL import Image, ImageDraw

    with Path(PHANTOMS).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[:6]
    Path("marked").mkdir()
    for number, row in enumerate(rows):
        name = f"{number}.png"
        with Image.open(Path("phantoms", row["path"])) as opened:
            picture = opened.convert("L").resize((192, 192), Image.Resampling.BILINEAR)
        if number % 2:
            draw = ImageDraw.Draw(picture)
            draw.rectangle((4, 4, 28, 28), fill=255)
            draw.rectangle((12, 8, 20, 24), fill=0)
            draw.line((60, 70, 85, 100), fill=255, width=3)
        picture.save(Path("marked", name))
        row.update(path=name, mask="", boxes="")
    with Image.open("marked/0.png") as picture:
        picture.point(lambda level: min(255, level + 8)).save("marked/twin.png")
    rows.append({**rows[0], "slice_id": "twin", "path": "twin.png", "group": "twin"})
    with Path(MARKED).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def machine() -> dict[str, str]:
    """Return what the last digits of a result depend on, in one thread."""
    import torch

    content = {"system": f"{platform.system()} {platform.machine()}", "processor": "", "flags": ""}
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = [f"model name: {platform.processor()}"]
    for line in reversed(lines):
        key, _, value = line.partition(":")
        if key.strip() == "model name":
            content["processor"] = value.strip()
        elif key.strip() in ("flags", "Features"):
            content["flags"] = hashlib.sha256(value.strip().encode()).hexdigest()[:16]
    content["torch runs on"] = torch.backends.cpu.get_cpu_capability()
    content["threads"] = str(torch.get_num_threads())
    content["cores"] = str(os.cpu_count())
    content["python"] = platform.python_version()
    return content | {name: metadata.version(name) for name in PACKAGES}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
