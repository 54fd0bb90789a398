"""hilum audit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hilum.table import SliceTable, read_table, write_table

Call = Callable[..., Any]


@pytest.fixture
def leaky(phantoms: Path, tmp_path: Path) -> Path:
    """A table with one group in two splits, and few enough groups to make the audit quick."""
    table = read_table(phantoms / "slices.csv")
    groups = table.rows.groupby("label")["group"].unique()
    few = table.where(table.rows["group"].isin([*groups["cancer"][:3], *groups["pneumonia"][:6]]))
    split = few.rows["split"].where(few.rows["group"] != groups["cancer"][0], "train")
    split.iloc[int((few.rows["group"] == groups["cancer"][0]).to_numpy().argmax())] = "test"
    path = tmp_path / "leaky.csv"
    write_table(SliceTable(few.rows.assign(split=split), few.folder), path)
    return path


def test_what_is_found_is_told_and_the_exit_code_is_1(
    leaky: Path, tmp_path: Path, hilum: Call
) -> None:
    out = tmp_path / "audit"
    done = hilum("audit", leaky, "--out", out, "--json")
    assert done.code == 1, done.err
    content = json.loads(done.out)
    assert "leaks" in content["found"]
    assert content["checks"]["leaks"]["sentence"].startswith("1 of 9 groups is in more than one")
    assert json.loads((out / "audit.json").read_text("utf-8")) == content
    again = hilum("audit", leaky, "--out", out)
    again.refused(2, "exists already", "--force")
    done = hilum("audit", leaky, "--out", out, "--force")
    assert done.code == 1
    assert "leaks (found): 1 of 9 groups" in done.out
    assert "masking (not checked): Not checked: some label has fewer than 4 groups" in done.out
    assert done.out.rstrip().endswith(f"Written: {out / 'audit.html'}")


def test_a_call_that_is_wrong_is_refused_and_leaves_nothing(
    phantoms: Path, tmp_path: Path, hilum: Call
) -> None:
    table, out = phantoms / "slices.csv", tmp_path / "audit"
    hilum("audit", table, "--out", out, "--ignore", "ward").refused(2, "has no column 'ward'")
    hilum("audit", table, "--out", out, "--positive", "flu").refused(2, "--positive", "'flu'")
    hilum("audit", tmp_path / "gone.csv", "--out", out).refused(2, "there is no table")
    done = hilum("audit", table, "--out", out, "--patients", "phantom-a")
    assert done.code == 2
    assert "--patients is given as SOURCE=N" in done.err
    assert not out.exists()


def test_a_slice_that_can_not_be_read_is_named(workdir: Path, tmp_path: Path, hilum: Call) -> None:
    for file in (workdir / "phantom").rglob("*.png"):
        file.write_bytes(b"no picture")
    hilum("audit", workdir / "slices.csv", "--out", tmp_path / "b").refused(
        1, "slices.csv, row 2, column path"
    )
    assert not (tmp_path / "b").exists()
