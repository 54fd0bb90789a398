"""What a run was made with and on: enough to make it again, nothing that names a person."""

from __future__ import annotations

import os
import platform
import shlex
import sys
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

__all__ = ["describe_environment", "package_versions", "processor_name", "version"]

PACKAGES = (
    "torch",
    "torchvision",
    "timm",
    "accelerate",
    "onnx",
    "onnxruntime",
    "numpy",
    "pandas",
    "scikit-learn",
    "pydicom",
)


def version() -> str:
    """Return hilum's version."""
    return metadata.version("hilum")


def package_versions() -> dict[str, str]:
    """Return the versions of the packages that a figure may depend on; the absent are left out."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found


def describe_environment() -> dict[str, Any]:
    """Return versions, processor and command, ready for environment.json."""
    return {
        "hilum": version(),
        "command": _command(),
        "started": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "platform": platform.platform(terse=True),
        "processor": processor_name(),
        "cores": os.cpu_count() or 1,
        "packages": package_versions(),
    }


def processor_name() -> str:
    """Return the processor's model name where the system tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(
            line.partition(":")[2].strip() for line in lines if line.startswith("model name")
        )
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _command() -> str:
    """Return how hilum was called; from Python, just that."""
    name = Path(sys.argv[0]).name
    if name in ("hilum", "__main__.py"):
        return shlex.join(["hilum", *sys.argv[1:]])
    return "called from Python"
