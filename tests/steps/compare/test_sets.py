"""Sets of comparable runs: same classes, slices and split, whatever the order of rows."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd

from hilum.steps.compare.sets import comparable_sets, refusal

COLUMNS = ["slice_id", "label", "group", "split"]
ROWS = [
    ("a", "cancer", "g1", "train"), ("b", "pneumonia", "g2", "test"), ("c", "cancer", "g3", "test"),
]  # fmt: skip


def run(name: str, rows: list[tuple[str, ...]] = ROWS, **facts: Any) -> Any:
    table = pd.DataFrame(rows, columns=COLUMNS)
    test = table[table["split"] == "test"].set_index("slice_id")
    known = {"class_names": ["cancer", "pneumonia"], "positive": "cancer", "test": test, **facts}
    return SimpleNamespace(name=name, table=table, **known)


def test_runs_on_one_split_are_one_set_and_nothing_is_refused() -> None:
    runs = [run("one"), run("two", ROWS[::-1]), run("three", class_names=["pneumonia", "cancer"])]
    assert comparable_sets(runs) == [[0, 1, 2]]
    assert refusal(runs, [[0, 1, 2]]) == {"sentence": "", "reasons": []}


def difference(other: Any) -> str:
    runs = [run("one"), other]
    assert comparable_sets(runs) == [[0], [1]]
    (reason,) = refusal(runs, [[0], [1]])["reasons"]
    assert reason["runs"] == ["one", other.name]
    return str(reason["difference"])


def test_each_difference_has_its_words() -> None:
    assert difference(run("x", class_names=["cancer", "normal"])) == (
        "other classes (cancer, pneumonia; cancer, normal)"
    )
    assert difference(run("x", positive="pneumonia")) == (
        "another positive class (cancer; pneumonia)"
    )
    assert difference(run("x", [*ROWS[:2], ("d", "cancer", "g3", "test")])) == (
        "other slices (1 only in the first, 1 only in the second)"
    )
    assert difference(run("x", [*ROWS[:2], ("c", "pneumonia", "g3", "test")])) == (
        "the same slices, but other labels (1 of 3 differ)"
    )
    assert difference(run("x", [("a", "cancer", "g9", "train"), *ROWS[1:]])) == (
        "the same slices, but other groups (1 of 3 differ)"
    )
    assert difference(run("x", [("a", "cancer", "g1", "test"), *ROWS[1:]])) == (
        "the same slices, but another split (1 of 3 differ)"
    )


def test_cross_validations_differ_in_tested_slices_and_folds() -> None:
    def folded(name: str, folds: list[str]) -> Any:
        made = run(name)
        made.table["split"] = ""
        made.test = made.table.assign(fold=folds).set_index("slice_id")
        return made

    first, other = folded("one", ["1", "2", "1"]), folded("two", ["2", "1", "1"])
    assert comparable_sets([first, other]) == [[0], [1]]
    (reason,) = refusal([first, other], [[0], [1]])["reasons"]
    assert reason["difference"] == "the same slices, but other folds (2 of 3 differ)"
    other.test = other.test.drop(index="a")
    (reason,) = refusal([first, other], [[0], [1]])["reasons"]
    assert reason["difference"] == "another split (other slices were tested)"


def test_three_sets_are_told_pair_by_pair() -> None:
    runs = [
        run("one"), run("two"), run("three", positive="pneumonia"),
        run("four", class_names=["cancer", "normal"]),
    ]  # fmt: skip
    sets = comparable_sets(runs)
    assert sets == [[0, 1], [2], [3]]
    content = refusal(runs, sets)
    assert [reason["runs"] for reason in content["reasons"]] == [
        ["one", "three"], ["one", "four"], ["three", "four"],
    ]  # fmt: skip
    assert content["sentence"].startswith(
        "These runs were made on different tables or splits, in 3 sets (one, two; three; four): "
    )
    assert content["sentence"].endswith(
        " three and four: other classes (cancer, pneumonia; cancer, normal)."
    )
