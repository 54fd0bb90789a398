"""`hilum evaluate RUN TABLE`: what it prints, and what it refuses with which exit code."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from untrained_runs import make_untrained

from hilum.sources import BuildOptions, PhantomSettings, build_table
from hilum.splits import split_table
from hilum.steps.evaluate import evaluate
from hilum.table import SliceTable, read_table, write_table

Call = Callable[..., Any]
PATIENTS = 24
GONE = [f"gone-{number}.png" for number in range(PATIENTS)]


def drawn(folder: Path, name: str, *, seed: int) -> SliceTable:
    settings = PhantomSettings(patients=PATIENTS, slices_per_patient=1, size=64, seed=seed)
    options = BuildOptions(phantom=settings)
    pictures = folder / Path(name).stem
    return build_table([("phantom", pictures)], out=folder / name, options=options).table


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An untrained run on phantoms, `run`, and phantoms of another seed, `clinic.csv`."""
    folder = tmp_path_factory.mktemp("cli-elsewhere")
    own = split_table(drawn(folder, "own.csv", seed=1))
    evaluate(make_untrained(folder / "run", own, seed=1))
    drawn(folder, "clinic.csv", seed=7)
    return folder


def changed(folder: Path, name: str, **columns: object) -> Path:
    """Write clinic.csv with other values in some columns, and return the path."""
    table = read_table(folder / "clinic.csv")
    rows: pd.DataFrame = table.rows.assign(**columns)
    write_table(replace(table, rows=rows), folder / name)
    return folder / name


def test_metrics_elsewhere_are_printed_and_written(folder: Path, hilum: Call) -> None:
    call = ("evaluate", folder / "run", folder / "clinic.csv", "--unrelated", "--drop-shared")
    done = hilum(*call, "--prevalence", 0.02, "--by", "lesion-size")
    assert done.code == 0, done.err
    written = json.loads((folder / "run/elsewhere/clinic/metrics.json").read_text("utf-8"))
    assert written["sentence"] in done.out
    assert "at a prevalence of 0.02" in done.out
    assert "operating point of the run" in done.out
    assert done.out.rstrip().endswith(f"Written: {folder / 'run' / 'elsewhere' / 'clinic'}")
    again = hilum(*call)
    again.refused(2, "exists already", "--force")


@pytest.mark.parametrize(
    ("columns", "options", "code", "words"),
    [
        ({"label": "flu"}, (), 1, ("must be a class of the run (cancer, pneumonia); got flu",)),
        ({"label": "cancer"}, (), 1, ("at least two classes; got cancer only", "--pair cancer:")),
        ({}, ("--pair", "flu:normal"), 2, ("--pair needs at least one class of the run",)),
        ({}, ("--pair", "cancer"), 2, ("two different labels", "got 'cancer'")),
        ({}, ("--as", "benign"), 2, ("--as maps a label to a class", "got 'benign'")),
        ({}, ("--as", "cancer=pneumonia", "--as", "cancer=flu"), 2, ("each label to one class",)),
        ({}, ("--as", "benign=cancer"), 1, ("--as renames a label of the table", "'benign'")),
        ({}, ("--by", "sexe"), 1, ("--by needs a column of the table", "got 'sexe'")),
        ({}, ("--prevalence", 0), 2, ("above 0 and below 1", "got 0")),
        ({}, ("--prevalence", 1), 2, ("above 0 and below 1", "got 1")),
        ({"path": GONE}, ("--unrelated",), 1, ("row 2, column path", "no such file")),
        ({}, ("--keep-predictions",), 2, ("a run's own slices, not TABLE",)),
    ],
)  # fmt: skip
def test_bad_input_is_refused_in_one_sentence_and_nothing_is_written(
    folder: Path, hilum: Call, columns: dict[str, object], options: tuple[object, ...],
    code: int, words: tuple[str, ...],
) -> None:  # fmt: skip
    table = changed(folder, "bad.csv", **columns)
    done = hilum("evaluate", folder / "run", table, *options)
    if "--keep-predictions" in options:  # typer's own way to refuse
        assert done.code == code and words[0] in " ".join(done.err.replace("│", " ").split())
    else:
        done.refused(code, *words)
    assert not (folder / "run/elsewhere/bad").exists()


def test_a_table_that_is_not_there_is_named(folder: Path, hilum: Call) -> None:
    done = hilum("evaluate", folder / "run", folder / "none.csv")
    done.refused(2, "there is no table", "none.csv")


def test_slices_of_training_are_refused_and_no_patient_is_named(folder: Path, hilum: Call) -> None:
    table = folder / "run" / "slices.csv"
    done = hilum("evaluate", folder / "run", table, "--name", "own")
    done.refused(2, "slices are shared with training", "--drop-shared", "--overlapping")
    groups = read_table(table).rows["group"]
    assert not any(group in done.err for group in groups)
    assert not (folder / "run/elsewhere/own").exists()
