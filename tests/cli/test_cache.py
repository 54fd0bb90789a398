"""hilum cache, and what other commands leave in the cache."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from short_training import SHORT

from hilum.cli.cache import in_bytes
from hilum.storage.cache import cache_entry

Hilum = Callable[..., Any]


@pytest.fixture
def cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with two things of one kind and one of another, 1,500 bytes each."""
    monkeypatch.setenv("HILUM_CACHE", str(tmp_path / "kept"))
    monkeypatch.setenv("HILUM_CACHE_LIMIT", "1.5MB")
    for kind, key in (("decoded-v1", "a"), ("decoded-v1", "b"), ("other-v1", "a")):
        with cache_entry(kind, key) as entry:
            assert entry is not None
            (entry / "data").write_bytes(bytes(1500))
    return tmp_path / "kept"


def test_it_says_place_limit_and_size_by_kind(cached: Path, hilum: Hilum) -> None:
    content = hilum("cache")
    lines = content.out.splitlines()
    assert content.code == 0
    assert lines[:3] == [f"place    {cached}", "limit    1.5 MB", "size     4.5 kB in 3 entries"]
    assert lines[3].startswith("  decoded-v1       3.0 kB in 2 entries; last used 20")
    assert lines[4].startswith("  other-v1         1.5 kB in 1 entry; last used 20")


def test_it_empties_all_that_is_not_in_use(cached: Path, hilum: Hilum) -> None:
    with cache_entry("other-v1", "a"):
        content = hilum("cache", "--clear")
        assert content.out.splitlines()[:4] == [
            "3.0 kB freed", f"place    {cached}", "limit    1.5 MB", "size     1.5 kB in 1 entry",
        ]  # fmt: skip
        assert "1.5 kB in 1 entry, 1 in use; last used 20" in content.out
    content = json.loads(hilum("cache", "--clear", "--json").out)
    assert content == {
        "freed": 1500, "place": str(cached), "told_by": "HILUM_CACHE", "writable": True,
        "limit": 1_500_000, "size": 0, "entries": 0, "kinds": {},
    }  # fmt: skip


def test_a_cache_that_is_off_or_forbidden_says_so(
    hilum: Hilum, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HILUM_CACHE", "off")
    assert hilum("cache").out == "place    off: everything is computed again each time\n"
    assert hilum("cache", "--clear").out.startswith("0 B freed\n")
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("HILUM_CACHE", str(tmp_path / "file" / "cache"))
    assert "(not writable: nothing is cached)\n" in hilum("cache").out


def test_a_limit_that_is_no_size_is_refused(hilum: Hilum, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HILUM_CACHE_LIMIT", "plenty")
    hilum("cache").refused(2, "HILUM_CACHE_LIMIT is a size such as 20GB", "'plenty'")


def test_doctor_says_where_it_is_and_how_full(
    cached: Path, hilum: Hilum, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert json.loads(hilum("doctor", "--json").out)["cache"] == {str(cached): "0.0 of 0.0 GB"}
    monkeypatch.setenv("HILUM_CACHE", "off")
    content = json.loads(hilum("doctor", "--json").out)
    assert content["cache"] == {"HILUM_CACHE": "off: everything is computed again each time"}


@pytest.mark.parametrize(
    ("size", "content"),
    [(0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (999_499, "999 kB"), (999_500, "1.0 MB"),
     (57_721_056, "57.7 MB"), (99_960_000, "100 MB"),
     (2 * 10**10, "20.0 GB"), (10**16, "10000 TB")],
)  # fmt: skip
def test_sizes_are_told_in_the_unit_that_fits(size: int, content: str) -> None:
    assert in_bytes(size) == content


def test_train_evaluate_and_explain_read_the_files_once(
    phantoms: Path,
    tmp_path: Path,
    train: Hilum,
    hilum: Hilum,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HILUM_CACHE", str(tmp_path / "kept"))
    assert train(phantoms / "slices.csv", tmp_path / "run").code == 0
    assert json.loads(hilum("cache", "--json").out)["kinds"]["decoded-v1"]["entries"] == 1

    def read_again(*_: object, **__: object) -> None:
        raise AssertionError("a file was decoded twice")

    monkeypatch.setattr("hilum.prepare.decoding.read_row", read_again)
    assert hilum("evaluate", tmp_path / "run").code == 0
    assert hilum("explain", tmp_path / "run").code == 0
    again = ("random-labels", phantoms / "slices.csv", "--out", tmp_path / "chance")
    assert hilum(*again, "--recipe", "phantom", *SHORT).code in (0, 1)
    assert train(phantoms / "slices.csv", tmp_path / "folds", "--folds", 2).code == 0
    assert json.loads(hilum("cache", "--json").out)["entries"] == 1
