"""The command line as a user has it: called, its words and its exit code looked at."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest
from short_training import SHORT

from hilum.cli.app import main

Untouched = Callable[[Path], AbstractContextManager[None]]
ChangeTable = Callable[..., Path]


@dataclass(frozen=True)
class Outcome:
    """What a call of the command line gave."""

    code: int
    out: str
    err: str

    def refused(self, code: int, *words: str) -> None:
        """Assert that it ended with `code` and one line on stderr that holds all `words`."""
        lines = [line for line in self.err.splitlines() if line.startswith("hilum: ")]
        assert self.code == code, self.err
        assert len(lines) == 1 and self.err.rstrip().splitlines()[-1] == lines[0], self.err
        assert "Traceback" not in self.err
        for word in words:
            assert word in lines[0]


Hilum = Callable[..., Outcome]


def call_main(arguments: tuple[object, ...]) -> int:
    """Call the command line in this process and return its exit code."""
    before, sys.argv = sys.argv, ["hilum", *map(str, arguments)]
    try:
        main()
    except SystemExit as stop:
        return int(stop.code or 0)
    finally:
        sys.argv = before
    return 0


@pytest.fixture(scope="module", autouse=True)
def in_short(blank_drawings: None, few_resamples: None, rough_measures: None) -> None:
    """Files, words and plain numbers are tested here: not drawings or intervals."""


@pytest.fixture
def hilum(capsys: pytest.CaptureFixture[str]) -> Hilum:
    """Call `hilum` with the given arguments."""

    def call(*arguments: object) -> Outcome:
        capsys.readouterr()
        code = call_main(arguments)
        content = capsys.readouterr()
        return Outcome(code, content.out, content.err)

    return call


@pytest.fixture
def train(hilum: Hilum) -> Hilum:
    """Call `hilum train` with a recipe as small as can be, from random weights."""

    def call(table: Path, out: Path, *arguments: object) -> Outcome:
        return hilum("train", table, "--out", out, "--recipe", "phantom", *SHORT, *arguments)

    return call


@pytest.fixture
def hilum_process() -> Hilum:
    """Call `python -m hilum` as a process of its own."""

    def call(*arguments: object) -> Outcome:
        command = [sys.executable, "-m", "hilum", *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        return Outcome(done.returncode, done.stdout, done.stderr)

    return call


def _content(folder: Path) -> dict[str, str]:
    """Return every file and folder below `folder`, hidden ones too, with a hash of its bytes."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        if path.is_file()
        else "folder"
        for path in folder.rglob("*")
    }


@pytest.fixture
def untouched() -> Untouched:
    """Assert that a block leaves a folder as it was, to the byte, hidden files too."""

    @contextmanager
    def watch(folder: Path) -> Iterator[None]:
        before = _content(folder)
        yield
        assert _content(folder) == before

    return watch


@pytest.fixture(autouse=True)
def scratch(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of temporary files; what hilum leaves there fails the test."""
    folder = tmp_path_factory.mktemp("scratch")
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.delenv("HILUM_WEIGHTS", raising=False)
    return folder


@pytest.fixture(autouse=True)
def _nothing_left(scratch: Path) -> Iterator[None]:
    yield
    assert list(scratch.glob("hilum*")) == []


@pytest.fixture(scope="session")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the split table of 24 phantom patients, two slices each: `slices.csv`."""
    folder = tmp_path_factory.mktemp("phantoms")
    table = folder / "slices.csv"
    build = ("data", "build", f"phantom={folder}", "--out", table)
    assert call_main((*build, "--patients", 24, "--slices", 2, "--size", 96)) == 0
    assert call_main(("split", table)) == 0
    return folder


@pytest.fixture
def workdir(phantoms: Path, tmp_path: Path) -> Path:
    """A copy of the phantoms that a test may spoil."""
    shutil.copytree(phantoms, tmp_path / "place")
    return tmp_path / "place"


@pytest.fixture
def change_table(workdir: Path) -> ChangeTable:
    """Write the place's table with cells of its first row (or whole columns) changed."""

    def change(*, row: int = 0, **cells: str) -> Path:
        path = workdir / "slices.csv"
        rows = pd.read_csv(path, dtype=str, keep_default_na=False)
        for column, value in cells.items():
            rows.loc[row, column] = value
        rows.to_csv(path, index=False)
        return path

    return change


@pytest.fixture(scope="session")
def tiny_run(phantoms: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run on the phantoms, evaluated, explained and reported; not to be changed."""
    run = tmp_path_factory.mktemp("runs") / "run"
    table = phantoms / "slices.csv"
    assert call_main(("train", table, "--recipe", "phantom", "--out", run, *SHORT, "--report")) == 0
    return run


@pytest.fixture
def run_copy(tiny_run: Path, tmp_path: Path) -> Path:
    """A copy of the finished run that a test may spoil."""
    run = tmp_path / "copies" / "run"
    shutil.copytree(tiny_run, run)
    table = pd.read_csv(tiny_run / "slices.csv", dtype=str, keep_default_na=False)
    for column in ("path", "mask"):
        table[column] = [_seen_from(run, tiny_run, text) for text in table[column]]
    table.to_csv(run / "slices.csv", index=False)
    return run


def _seen_from(run: Path, was: Path, text: str) -> str:
    return Path(os.path.relpath(was / text, run)).as_posix() if text else ""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mount a disk of a given size (such as "8m"); called again, it takes another size."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted: list[str] = []

    def mount(options: str) -> Path:
        again = "remount," if mounted else ""
        command = ["mount", "-t", "tmpfs", "-o", f"{again}{options}", "tmpfs", str(disk)]
        try:
            done = subprocess.run(command, capture_output=True, text=True).returncode
        except FileNotFoundError:
            done = 1
        if done != 0:
            pytest.skip("only root of a whole system can mount a small disk")
        mounted.append(options)
        return disk

    yield mount
    if mounted:
        subprocess.run(["umount", str(disk)], check=True)
