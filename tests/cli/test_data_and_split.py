"""What `hilum data build` and `hilum split` refuse: nothing half-written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

Call = Callable[..., Any]

ROOT = os.name == "posix" and os.geteuid() == 0


@pytest.mark.parametrize(
    ("source", "options", "code", "words"),
    [
        ("phantoms={place}", (), 2, ["unknown source 'phantoms'", "'phantom'"]),
        ("folder={place}/none", (), 2, ["source folder", "there is no", "none"]),
        ("table={place}/slices.csv", ("--label", "scar"), 2, ["'scar'", "cancer, pneumonia"]),
        ("phantom={place}/p", ("--classes", "cancer,scar"), 2, ["scar", "cancer"]),
        ("table={place}/slices.csv", ("--window", "wide"), 2, ["wide", "1400/-700"]),
    ],
)
def test_a_wrong_call_of_build_is_named(
    source: str, options: tuple[str, ...], code: int, words: list[str], place: Path, hilum: Call,
    untouched: Call,
) -> None:  # fmt: skip
    argument = source.format(place=place)
    with untouched(place):
        hilum("data", "build", argument, "--out", place / "new.csv", *options).refused(code, *words)


def test_an_empty_class_folder_is_refused(place: Path, hilum: Call, untouched: Call) -> None:
    (place / "mine" / "pneumonia").mkdir(parents=True)
    shutil.copytree(place / "phantom" / "images", place / "mine" / "cancer")
    with untouched(place):
        done = hilum("data", "build", f"folder={place / 'mine'}", "--out", place / "new.csv")
    done.refused(1, "class folder 'pneumonia'", "has no slice", "fill it or take it away")


def test_an_existing_table_is_replaced_only_with_force(
    place: Path, hilum: Call, untouched: Call
) -> None:
    build = ("data", "build", f"table={place / 'slices.csv'}", "--out", place / "slices.csv")
    with untouched(place):
        hilum(*build).refused(2, "slices.csv exists already", "--force")
    assert hilum(*build, "--force").code == 0


def test_a_class_with_one_group_can_not_be_split(place: Path, hilum: Call, untouched: Call) -> None:
    table = place / "slices.csv"
    rows = pd.read_csv(table, dtype=str, keep_default_na=False)
    rows.loc[rows["label"] == "cancer", "group"] = "one"
    rows.to_csv(table, index=False)
    with untouched(place):
        done = hilum("split", table, "--out", place / "new.csv")
    done.refused(1, "label 'cancer' has only 1 group", "3 splits need one each", "gather more")


def test_a_split_table_is_split_again_only_with_force(
    place: Path, hilum: Call, untouched: Call
) -> None:
    table = place / "slices.csv"
    with untouched(place):
        hilum("split", table).refused(2, "is split already", "--force", "--out FILE")
        hilum("split", table, "--out", table).refused(2, "exists already", "--force")
    assert hilum("split", table, "--force").code == 0


def test_fractions_that_are_no_shares_are_refused(
    place: Path, hilum: Call, untouched: Call
) -> None:
    with untouched(place):
        done = hilum("split", place / "slices.csv", "--force", "--fractions", "1", "1", "1")
    done.refused(2, "sum to 1", "(1.0, 1.0, 1.0)")


@pytest.mark.parametrize(
    ("fractions", "lacking"),
    [(("0.5", "0", "0.5"), "validation"), (("1", "0", "0"), "validation and a test")],
)
def test_a_fraction_of_0_says_what_train_will_say(
    fractions: tuple[str, str, str], lacking: str, place: Path, hilum: Call
) -> None:
    done = hilum("split", place / "slices.csv", "--force", "--fractions", *fractions)
    assert done.code == 0
    assert done.out.splitlines()[-1] == (
        f"Without a {lacking} split, `hilum train` refuses this table."
    )
    assert "Next:" not in done.out


def test_a_split_by_image_says_what_leaks(place: Path, hilum: Call) -> None:
    done = hilum("split", place / "slices.csv", "--by", "image", "--force")
    assert done.code == 0
    assert "groups are in more than one split" in done.out
    assert "how well slices of known patients are recognised" in done.out


@pytest.mark.skipif(ROOT, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_named(
    place: Path, hilum: Call, untouched: Call
) -> None:
    locked = place / "locked"
    locked.mkdir(mode=0o555)
    build = ("data", "build", f"table={place / 'slices.csv'}", "--out", locked / "new.csv")
    with untouched(place):
        hilum(*build).refused(1, "new.csv can't be written")
