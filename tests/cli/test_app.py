"""The command line as a whole: speed, help, exit codes, what a base install can do."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]

HELP_SECONDS = 0.3
LOADED = 3
"""How much longer a machine with other work may take."""

WITHOUT_TORCH = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"torch", "torchvision", "timm", "accelerate", "safetensors"}:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Blocker())
from hilum.cli.app import main
failed = []
for line in sys.stdin.read().splitlines():
    sys.argv = ["hilum", *line.split("\\t")]
    try:
        main()
    except SystemExit as stop:
        print("code", stop.code or 0)
"""
"""Calls `hilum` once for each line of stdin, as in an install without the extra `train`."""


ONLY_PREDICTING = WITHOUT_TORCH.replace(
    '"safetensors"}',
    '"safetensors", "onnx", "scipy", "sklearn", "threadpoolctl", "matplotlib", "jinja2", "cv2", '
    '"nibabel", "openpyxl", "urllib3", "filelock", "optuna"}',
)
"""The same, as in an install with the extra `predict` alone."""


def _without_torch(
    *calls: tuple[object, ...], script: str = WITHOUT_TORCH
) -> subprocess.CompletedProcess[str]:
    lines = "\n".join("\t".join(map(str, call)) for call in calls)
    return subprocess.run(
        [sys.executable, "-c", script], input=lines, capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip


def test_help_is_there_at_once() -> None:
    command = [str(Path(sys.executable).with_name("hilum")), "--help"]
    took = []
    for _ in range(5):
        began = time.perf_counter()
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        took.append(time.perf_counter() - began)
    assert "Research use only" in output
    assert min(took) <= HELP_SECONDS * LOADED


def test_importing_hilum_and_its_commands_imports_no_torch_and_no_pandas() -> None:
    code = (
        "import sys, hilum, hilum.cli.app; "
        "print(sorted({'torch', 'timm', 'accelerate', 'pandas', 'numpy'} & set(sys.modules)))"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert output.stdout == "[]\n"


def test_the_module_is_the_command(hilum_process: Call) -> None:
    done = hilum_process("--version")
    assert (done.code, done.out) == (0, f"hilum {metadata.version('hilum')}\n")


def test_no_arguments_show_the_help(hilum: Call) -> None:
    done = hilum()
    assert done.code in (0, 2)
    assert "Usage: hilum" in done.out + done.err


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (("trian",), "No such command 'trian'"),
        (("train", "--epochs", "3"), "No such option: --epochs"),
        (("split", "t.csv", "--by", "hand"), "'hand' is not one of"),
        (("data", "build", "--out", "t.csv"), "Missing argument"),
        (("data", "build", "phantom", "--out", "t.csv"), "a source is given as SOURCE=PATH"),
        (("data", "build", "phantom=p", "--out", "t.csv", "--link", "2"), "--link"),
    ],
)
def test_wrong_usage_ends_with_2(arguments: tuple[str, ...], word: str, hilum: Call) -> None:
    done = hilum(*arguments)
    assert done.code == 2
    assert word in done.err
    assert "Traceback" not in done.err


def test_debug_shows_the_traceback(hilum_process: Call, tmp_path: Path) -> None:
    plain = hilum_process("split", tmp_path / "no.csv")
    plain.refused(2, "there is no table", "no.csv")
    shown = hilum_process("--debug", "split", tmp_path / "no.csv")
    assert shown.code == 1
    assert "Traceback" in shown.err
    assert "UsageError: there is no table" in shown.err


@pytest.mark.parametrize("arguments", [("networks", "--json"), ("doctor", "--json")])
def test_json_is_json(arguments: tuple[str, ...], hilum: Call) -> None:
    done = hilum(*arguments)
    assert done.code == 0
    assert len(json.loads(done.out)) > 1


@pytest.mark.parametrize("arguments", [["networks"], ["recipes", "phantom"]])
def test_a_reader_that_goes_away_ends_it_quietly(arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-m", "hilum", *arguments]
    done = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (done.returncode, done.stderr) == (1, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_behind_stdout_is_told() -> None:
    command = [sys.executable, "-m", "hilum", "networks"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr == "hilum: the output can't be written: No space left on device.\n"


def test_what_needs_no_network_works_without_torch(tmp_path: Path, run_copy: Path) -> None:
    table = tmp_path / "t.csv"
    done = _without_torch(
        ("data", "build", f"phantom={tmp_path / 'p'}", "--out", table, "--patients", 12,
         "--slices", 1, "--size", 96),
        ("data", "list"),
        ("split", table),
        ("evaluate", run_copy),
        ("evaluate", run_copy, "--keep-predictions"),
        ("predict", run_copy, tmp_path / "p", "--out", tmp_path / "said.csv"),
        ("report", run_copy),
        ("info", run_copy),
        ("networks",),
        ("recipes",),
        ("doctor",),
    )  # fmt: skip
    codes = [line for line in done.stdout.splitlines() if line.startswith("code ")]
    assert codes == ["code 0"] * 11, done.stderr
    assert "can't be imported" in done.stdout
    assert "install hilum[train]" in done.stdout


def test_predicting_needs_the_extra_predict_alone(
    tmp_path: Path, phantoms: Path, run_copy: Path
) -> None:
    done = _without_torch(
        ("predict", run_copy, phantoms, "--out", tmp_path / "p.csv"),
        ("predict", run_copy, phantoms / "slices.csv", "--out", tmp_path / "q.csv"),
        ("info", run_copy),
        ("doctor",),
        script=ONLY_PREDICTING,
    )
    codes = [line for line in done.stdout.splitlines() if line.startswith("code ")]
    assert codes == ["code 0"] * 4, done.stderr


@pytest.mark.parametrize("command", [("data", "describe"), ("data", "duplicates")])
def test_what_the_extra_predict_lacks_is_said(
    command: tuple[str, ...], tmp_path: Path, phantoms: Path
) -> None:
    table = phantoms / "slices.csv"
    done = _without_torch((*command, table, "--out", tmp_path / "o"), script=ONLY_PREDICTING)
    assert "code 1" in done.stdout
    assert re.fullmatch(
        r"hilum: this needs \w+, which is not installed: pip install 'hilum\[analysis\]', or "
        r"'hilum\[train\]' to train as well\.",
        done.stderr.strip(),
    )


def test_what_needs_a_network_says_what_to_install(
    tmp_path: Path, phantoms: Path, run_copy: Path, untouched: Call
) -> None:
    (run_copy / "network.onnx").unlink()
    calls = (
        ("train", phantoms / "slices.csv", "--out", tmp_path / "run"),
        ("evaluate", run_copy),
        ("explain", run_copy),
        ("predict", run_copy, phantoms),
        ("info", run_copy, "--layers"),
        ("demo", "--out", tmp_path / "demo"),
    )
    with untouched(tmp_path):
        done = _without_torch(*calls)
    lines = done.stderr.splitlines()
    assert done.stdout.splitlines() == ["code 1"] * len(calls)
    assert len(lines) == len(calls)
    for line in lines:
        assert line.startswith("hilum: this needs ")
        assert line.endswith("which is not installed: pip install 'hilum[train]'.")
