"""No telemetry: what the commands write outside of their folders, and whom they ask, in all."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

COMMANDS = """
import json, runpy, socket, sys

asked = []


def refuse(*words, **named):
    asked.append(repr(words[-1]))
    raise OSError("the network is cut")


for name in ("getaddrinfo", "gethostbyname", "create_connection"):
    setattr(socket, name, refuse)
socket.socket.connect = socket.socket.connect_ex = refuse
for words in json.loads(sys.argv[1]):
    sys.argv = ["hilum", *words]
    try:
        runpy.run_module("hilum", run_name="__main__", alter_sys=True)
    except SystemExit as end:
        assert not end.code, (words, end.code)
import onnxruntime
print(json.dumps(asked))
"""
SMALL = ("--set", "network.backbone=test_resnet", "--set", "input.size=32", "--set",
         "training.epochs=1", "--set", "network.train_from=''", "--weights", "none")  # fmt: skip
NAMED = {"matplotlib"}
"""Folders that docs/reference/files.md names: the list of fonts."""


def written(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.timeout(600)  # five commands in a fresh process, torch included
@pytest.mark.skipif(sys.platform == "win32", reason="HOME and XDG are those of POSIX")
def test_nothing_is_written_outside_the_named_places_and_no_name_is_looked_up(
    tmp_path: Path,
) -> None:
    home, scratch, work = (tmp_path / name for name in ("home", "scratch", "work"))
    for folder in (home, scratch, work):
        folder.mkdir()
    commands = [
        ["data", "build", "phantom=p", "--out", "s.csv", "--patients", "24", "--slices", "1",
         "--size", "64"],
        ["split", "s.csv"],
        ["train", "s.csv", *SMALL, "--out", "run", "--report"],
        ["predict", "run", "p", "--out", "p.csv", "--engine", "onnx"],
        ["tune", "s.csv", *SMALL, "--trials", "1", "--knob", "learning_rate", "--out", "tuned"],
        ["export", "run", "--out", "n.onnx"],
    ]  # fmt: skip
    environment = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
    environment |= {"HOME": str(home), "TMPDIR": str(scratch), "OMP_NUM_THREADS": "1",
                    "PYTHONDONTWRITEBYTECODE": "1", "CUDA_VISIBLE_DEVICES": ""}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-c", COMMANDS, json.dumps(commands)],
        cwd=work, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == []
    assert written(scratch) == set()
    outside = {name for name in written(home) if not name.startswith(".cache/hilum/")}
    assert {name.split("/")[1] for name in outside} <= NAMED, outside
    assert {path.name for path in work.iterdir()} == {
        "n.onnx", "p", "p.csv", "run", "s.csv", "tuned",
    }  # fmt: skip
