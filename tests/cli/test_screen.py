"""No command ends by what it prints."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
import typer

from hilum.cli.screen import escape_output
from hilum.cli.show import print_json
from hilum.table import read_table

Call = Callable[..., object]
TEXT = "−1 中 é latin\udce9.png"


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], io.BytesIO]:
    """Replace stdout by one of the given encoding and return what is written to it."""

    def replace(encoding: str) -> io.BytesIO:
        written = io.BytesIO()
        monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding=encoding))
        escape_output()
        return written

    return replace


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        ("utf-8", "−1 中 é latin\\xe9.png\n".encode()),
        ("ascii", b"\\u22121 \\u4e2d \\xe9 latin\\xe9.png\n"),
        ("latin-1", b"\\u22121 \\u4e2d \xe9 latin\\xe9.png\n"),
        ("cp1252", b"\\u22121 \\u4e2d \xe9 latin\\xe9.png\n"),
        ("gbk", "\\u22121 中 é latin\\xe9.png\n".encode("gbk")),
    ],
)
def test_what_an_encoding_lacks_is_escaped(
    screen: Callable[[str], io.BytesIO], encoding: str, expected: bytes
) -> None:
    written = screen(encoding)
    typer.echo(TEXT)
    sys.stdout.flush()
    assert written.getvalue() == expected


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1", "gbk"])
def test_json_stays_json_and_leads_back(screen: Callable[[str], io.BytesIO], encoding: str) -> None:
    written = screen(encoding)
    print_json({"path": TEXT})
    sys.stdout.flush()
    assert json.loads(written.getvalue().decode(encoding)) == {"path": TEXT}


def test_names_that_are_not_utf8_go_through_build_split_and_describe(
    tmp_path: Path, hilum: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    for label in ("cancer", "normal"):
        for number in range(4):
            patient = os.fsdecode(b"p\xe9 %d" % number) + f"中{label}"
            folder = tmp_path / "mine" / label / patient
            folder.mkdir(parents=True)
            picture = cv2.imencode(".png", rng.integers(0, 256, (64, 64), dtype=np.uint8))[1]
            (folder / os.fsdecode(b"latin\xe9.png")).write_bytes(picture.tobytes())
    table = tmp_path / "slices.csv"
    monkeypatch.chdir(tmp_path)
    assert hilum("data", "build", "folder=mine", "--out", table).code == 0  # type: ignore[attr-defined]
    assert hilum("split", table).code == 0  # type: ignore[attr-defined]
    done = hilum("data", "describe", table, "--out", tmp_path / "described")
    assert done.code == 0  # type: ignore[attr-defined]
    text = table.read_bytes().decode("utf-8")
    assert r"mine/cancer/p\xe9 0中cancer/latin\xe9.png" in text
    paths = read_table(table).paths()
    assert len(paths) == 8 and all(path.is_file() for path in paths)
    assert pd.read_csv(table)["group"].nunique() == 8
