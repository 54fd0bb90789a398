"""Checks what `make dist` built: installs the wheel outside of the clone and runs it there.

The base and the extra `predict` first, which must stay small; then the extra `analysis`, still
without torch. `python tests/check_dist.py dist`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from pathlib import Path

__all__ = ["main"]

PREDICT_MEGABYTES = 400
"""What an environment that only predicts may take, without pip itself."""

DATA = (
    "catalogue/networks.toml", "prepare/lungs/lungs.onnx", "recipes/phantom.toml",
    "report/templates/run.html", "viewer/page/index.html", "py.typed",
)  # fmt: skip
"""Some of the files that are no Python, which a wheel easily lacks."""
TRACKED = ("README.md", "LICENSE", "tests/test_house.py", "docs/get-started.md")
"""Some of the files that an sdist has besides the package."""

NOT_IN_WHEEL = ("tests/", "docs/", "benchmarks/")

Environment = dict[str, str]


def check_contents(wheel: Path, sdist: Path) -> None:
    """Raise SystemExit where a file is missing, or is there that should not be."""
    inside = zipfile.ZipFile(wheel).namelist()
    missing = [name for name in DATA if f"hilum/{name}" not in inside]
    foreign = [name for name in inside if name.startswith(NOT_IN_WHEEL)]
    with tarfile.open(sdist) as archive:
        tracked = {name.partition("/")[2] for name in archive.getnames()}
    missing += [name for name in TRACKED if name not in tracked]
    if missing or foreign:
        raise SystemExit(f"missing: {missing}; not wanted: {foreign}")


def megabytes(folder: Path) -> float:
    """Return the size of the installed packages, pip and setuptools left out."""
    site = next(folder.glob("lib/python*/site-packages"))
    return sum(
        file.stat().st_size
        for file in site.rglob("*")
        if file.is_file() and not file.relative_to(site).parts[0].startswith(("pip", "setuptools"))
    ) / 1e6  # fmt: skip


def main() -> None:
    """Check, install, run, measure."""
    folder = Path(sys.argv[1]).resolve()
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    check_contents(wheel, sdist)
    with tempfile.TemporaryDirectory() as location:
        home = Path(location)
        venv.create(home / "venv", with_pip=True)
        python = home / "venv" / "bin" / "python"
        retained = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
        environment = retained | {"HOME": location, "HILUM_CACHE": "none"}

        def run(*words: str) -> str:
            done = subprocess.run(
                [python, "-m", *words], cwd=home, env=environment, capture_output=True, text=True
            )
            if done.returncode:
                raise SystemExit(f"{' '.join(words)}: {done.stdout}{done.stderr}")
            return done.stdout

        def install(extra: str) -> None:
            subprocess.run(
                [python, "-m", "pip", "install", "--quiet", f"{wheel}[{extra}]"], check=True
            )

        install("predict")
        size = megabytes(home / "venv")
        version = wheel.name.split("-")[1]
        assert run("hilum", "--version") == f"hilum {version}\n"
        assert "Research use only" in run("hilum", "--help")
        assert "phantom" in run("hilum", "recipes")
        assert "lung-pet-ct-dx" in run("hilum", "data", "list")
        sys.stdout.write(f"{wheel.name}[predict]: {size:.0f} MB, runs\n")
        if size > PREDICT_MEGABYTES:
            raise SystemExit(f"predicting may take {PREDICT_MEGABYTES} MB")
        install("analysis")
        phantom = ("phantom=p", "--out", "t.csv", "--patients", "12", "--size", "96")
        run("hilum", "data", "build", *phantom)
        run("hilum", "split", "t.csv")
        run("hilum", "data", "describe", "t.csv", "--out", "described")
        assert (home / "described" / "cohort.html").is_file()
        torch = subprocess.run([python, "-c", "import torch"], capture_output=True)
        assert torch.returncode, "torch came along"
        size = megabytes(home / "venv")
        sys.stdout.write(f"{wheel.name}[predict,analysis]: {size:.0f} MB, runs\n")


if __name__ == "__main__":
    main()
