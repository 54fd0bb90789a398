"""hilum split: refusals, and what it says about leaks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

Call = Callable[..., Any]


def test_a_class_with_one_group_can_not_be_split(
    workdir: Path, hilum: Call, untouched: Call
) -> None:
    table = workdir / "slices.csv"
    rows = pd.read_csv(table, dtype=str, keep_default_na=False)
    rows.loc[rows["label"] == "cancer", "group"] = "one"
    rows.to_csv(table, index=False)
    with untouched(workdir):
        done = hilum("split", table, "--out", workdir / "new.csv")
    done.refused(1, "label 'cancer' has only 1 group", "3 splits need one each", "gather more")


def test_a_split_table_is_split_again_only_with_force(
    workdir: Path, hilum: Call, untouched: Call
) -> None:
    table = workdir / "slices.csv"
    with untouched(workdir):
        hilum("split", table).refused(2, "is split already", "--force", "--out FILE")
        hilum("split", table, "--out", table).refused(2, "exists already", "--force")
    assert hilum("split", table, "--force").code == 0


def test_fractions_that_are_no_shares_are_refused(
    workdir: Path, hilum: Call, untouched: Call
) -> None:
    with untouched(workdir):
        done = hilum("split", workdir / "slices.csv", "--force", "--fractions", "1", "1", "1")
    done.refused(2, "sum to 1", "(1.0, 1.0, 1.0)")


@pytest.mark.parametrize(
    ("fractions", "lacking"),
    [(("0.5", "0", "0.5"), "validation"), (("1", "0", "0"), "validation and a test")],
)
def test_a_fraction_of_0_says_what_train_will_say(
    fractions: tuple[str, str, str], lacking: str, workdir: Path, hilum: Call
) -> None:
    done = hilum("split", workdir / "slices.csv", "--force", "--fractions", *fractions)
    assert done.code == 0
    assert done.out.splitlines()[-1] == (
        f"Without a {lacking} split, `hilum train` refuses this table."
    )
    assert "Next:" not in done.out


def test_a_split_by_image_says_what_leaks(workdir: Path, hilum: Call) -> None:
    done = hilum("split", workdir / "slices.csv", "--by", "image", "--force")
    assert done.code == 0
    assert "groups are in more than one split" in done.out
    assert "how well slices of known patients are recognised" in done.out
