"""What `hilum data build` and `hilum split` refuse: nothing half-written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Call = Callable[..., Any]

ROOT = os.name == "posix" and os.geteuid() == 0


@pytest.mark.parametrize(
    ("source", "options", "code", "words"),
    [
        ("phantoms={workdir}", (), 2, ["unknown source 'phantoms'", "'phantom'"]),
        ("folder={workdir}/none", (), 2, ["source folder", "there is no", "none"]),
        ("table={workdir}/slices.csv", ("--label", "scar"), 2, ["'scar'", "cancer, pneumonia"]),
        ("phantom={workdir}/p", ("--classes", "cancer,scar"), 2, ["scar", "cancer"]),
        ("table={workdir}/slices.csv", ("--window", "wide"), 2, ["wide", "1400/-700"]),
    ],
)
def test_a_wrong_call_of_build_is_named(
    source: str, options: tuple[str, ...], code: int, words: list[str], workdir: Path, hilum: Call,
    untouched: Call,
) -> None:  # fmt: skip
    argument = source.format(workdir=workdir)
    with untouched(workdir):
        hilum("data", "build", argument, "--out", workdir / "new.csv", *options).refused(
            code, *words
        )


def test_an_empty_class_folder_is_refused(workdir: Path, hilum: Call, untouched: Call) -> None:
    (workdir / "mine" / "pneumonia").mkdir(parents=True)
    shutil.copytree(workdir / "phantom" / "images", workdir / "mine" / "cancer")
    with untouched(workdir):
        done = hilum("data", "build", f"folder={workdir / 'mine'}", "--out", workdir / "new.csv")
    done.refused(1, "class folder 'pneumonia'", "has no slice", "fill it or remove it")


def test_an_existing_table_is_replaced_only_with_force(
    workdir: Path, hilum: Call, untouched: Call
) -> None:
    build = ("data", "build", f"table={workdir / 'slices.csv'}", "--out", workdir / "slices.csv")
    with untouched(workdir):
        hilum(*build).refused(2, "slices.csv exists already", "--force")
    assert hilum(*build, "--force").code == 0


@pytest.mark.skipif(ROOT, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_named(
    workdir: Path, hilum: Call, untouched: Call
) -> None:
    locked = workdir / "locked"
    locked.mkdir(mode=0o555)
    build = ("data", "build", f"table={workdir / 'slices.csv'}", "--out", locked / "new.csv")
    with untouched(workdir):
        hilum(*build).refused(1, "new.csv can't be written")
