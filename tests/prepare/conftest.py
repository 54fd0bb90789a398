"""A folder of painted slices with a cache of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from painted_slices import paint

from hilum.readers import read_slice


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of PNG files 0.png to 3.png, as grey as ten times their number, and a new cache."""
    monkeypatch.setenv("HILUM_CACHE", str(tmp_path / "cache"))
    for number in range(4):
        paint(tmp_path / f"{number}.png", number * 10)
    return tmp_path


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were read."""
    names: list[str] = []

    def counted(path: Path, **options: Any) -> Any:
        names.append(path.name)
        return read_slice(path, **options)

    monkeypatch.setattr("hilum.table.slice_table.read_slice", counted)
    return names
