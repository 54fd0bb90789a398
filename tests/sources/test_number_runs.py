"""Runs of file numbers as groups."""

from __future__ import annotations

from pathlib import Path

import pytest

from hilum.errors import SourceError
from hilum.sources import BuildOptions, BuildResult, build_table


def fill(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(name.encode())
    return root


def in_runs(root: Path, length: int) -> BuildResult:
    options = BuildOptions(group_runs=length)
    return build_table([("folder", root)], out=root.parent / "s.csv", options=options)


def test_runs_of_file_numbers_are_groups_where_no_patient_is_known(tmp_path: Path) -> None:
    root = fill(tmp_path / "mine", "a/CT (9).png", "a/CT (10).png", "a/CT (11).png", "b/p/3.png")
    result = in_runs(root, 10)
    groups = dict(zip(result.table.rows["slice_id"], result.table.rows["group"], strict=True))
    assert groups == {
        "mine/a/CT (9)": "mine/a/run-0000",
        "mine/a/CT (10)": "mine/a/run-0001",
        "mine/a/CT (11)": "mine/a/run-0001",
        "mine/b/p/3": "mine/p",
    }
    assert (
        "folder mine: for 3 slices no patient is known; runs of 10 file numbers make 2 groups, "
        "which are patients only if files are numbered patient by patient."
    ) in result.notes


def test_a_file_without_a_number_is_in_no_run(tmp_path: Path) -> None:
    root = fill(tmp_path / "mine", "a/1.png", "b/scan.png")
    with pytest.raises(SourceError, match=r"scan\.png has no number in its name"):
        in_runs(root, 10)
