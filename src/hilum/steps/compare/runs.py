"""Read the runs to compare: files checked, unique names, facts of each run."""

from __future__ import annotations

import math
import shlex
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from hilum.errors import RunError, UsageError
from hilum.run import Run, as_runs
from hilum.run.history import numeric_history
from hilum.run.network import REPEATED
from hilum.run.slices_hash import slices_hash
from hilum.scores import Labelled, auc
from hilum.steps.compare.trust import trust_content
from hilum.steps.evaluate.metrics import labelled
from hilum.table import read_csv

__all__ = ["METRICS", "ComparedRun", "read_runs", "read_spreads", "run_facts"]

METRICS = ("accuracy", "precision", "recall", "f1", "auc", "specificity")
"""The columns of the paper's Table 2, in its order."""
FEWEST = 2
PLACES = 1.5e-6
"""metrics.json rounds to six decimals; what differs by more comes from other predictions."""


@dataclass(frozen=True)
class ComparedRun:
    """A run as the comparison sees it.

    Attributes:
        name: its title; with its folder's name where another run has the same title, and with
            ", random weights" where it was not pretrained.
        run: where its files are.
        table: slices.csv, every cell text.
        test: the test rows of predictions.csv, by slice_id.
        metrics, network, environment: the JSON files of these names.
        history: history.csv as numbers, or None where there is none.
    """

    name: str
    run: Run
    table: pd.DataFrame
    test: pd.DataFrame
    metrics: dict[str, Any]
    network: dict[str, Any]
    environment: dict[str, Any]
    history: pd.DataFrame | None

    @property
    def class_names(self) -> list[str]:
        """In the order of the network's outputs."""
        return [str(name) for name in self.metrics["class_names"]]

    @property
    def positive(self) -> str:
        """The class that the metrics refer to."""
        return str(self.metrics["positive"])

    @property
    def cases(self) -> Labelled:
        """The test predictions next to the truth, in the order of their slice_id."""
        return labelled(self.test, self.class_names, self.positive)


def read_runs(folders: Sequence[Run | Path | str]) -> list[ComparedRun]:
    """Read the runs of a comparison.

    Raises:
        UsageError: fewer than two, or one of them twice, or no run folder.
        RunError: a run was not evaluated, or its files don't belong together.
    """
    runs = [member for run in as_runs(folders) for member in _trainings(run)]
    if len(runs) < FEWEST:
        raise UsageError(f"a comparison needs at least {FEWEST} runs; got {len(runs)}. Add a run.")
    by_folder: dict[Path, Run] = {}
    for run in runs:
        folder = run.folder.resolve()
        if folder in by_folder:
            raise UsageError(
                f"{by_folder[folder].folder} and {run.folder} are the same run; give each run once."
            )
        by_folder[folder] = run
    _refuse_unevaluated(runs)
    read = [_read(run) for run in runs]
    names = _unique_names([(_titled(compared), compared.run.folder.resolve()) for compared in read])
    return [replace(compared, name=name) for compared, name in zip(read, names, strict=True)]


def read_spreads(folders: Sequence[Run | Path | str]) -> list[dict[str, Any]]:
    """Return how far the metrics of each repeated training spread, as comparison.json holds it.

    Raises:
        RunError: a repeated training was not evaluated.
    """
    repeated = [run for run in as_runs(folders) if run.kind == REPEATED]
    return [
        {
            "title": run.description.title,
            "folder": run.folder.as_posix(),
            "count": seeds["count"],
            "sentence": seeds["sentence"],
            **seeds["spread"],
        }
        for run in repeated
        for seeds in (run.metrics()["seeds"],)
    ]


def _trainings(run: Run) -> list[Run]:
    """Return the run itself, or the trainings of a repeated one."""
    return run.seed_runs() if run.kind == REPEATED else [run]


def _refuse_unevaluated(runs: Sequence[Run]) -> None:
    """Raise RunError where runs were not evaluated, with the one command that evaluates them."""
    left = [run.folder for run in runs if not run.metrics_file.is_file()]
    if left:
        command = " && ".join(shlex.join(["hilum", "evaluate", str(folder)]) for folder in left)
        raise RunError(
            f"{', '.join(map(str, left))} {'has' if len(left) == 1 else 'have'} no metrics.json; "
            f"run `{command}` first."
        )


def run_facts(compared: ComparedRun) -> dict[str, Any]:
    """Return the facts of a run in comparison.json; its metrics are added by the caller."""
    members = _members(compared.run)
    environment = compared.environment
    return {
        "name": compared.name,
        "title": str(compared.network.get("title", compared.run.folder.name)),
        "folder": compared.run.folder.as_posix(),
        "kind": compared.run.kind,
        "members": len(members),
        "backbone": compared.network.get("backbone"),
        "class_names": compared.class_names,
        "positive": compared.positive,
        "pretrained": _pretrained(compared),
        "origin": compared.metrics.get("weights", {}).get("origin"),
        "input_size": _input_size(compared, members),
        "parameters": _parameters(compared, members),
        "seconds": _seconds(compared, members),
        "processor": environment.get("processor"),
        "device": environment.get("device"),
        "started": environment.get("started"),
        **trust_content(compared.run, compared.metrics),
    }


def _read(run: Run) -> ComparedRun:
    """Return a run with its title as its name."""
    metrics, network = run.metrics(), run.network()
    table, predictions = read_csv(_existing(run.table_file)), run.predictions()
    try:
        test = predictions[predictions["split"] == "test"].set_index("slice_id", drop=False)
        compared = ComparedRun(
            str(network.get("title", run.folder.name)), run, table, test.sort_index(), metrics,
            network, run.environment(), _history(run),
        )  # fmt: skip
        _check_consistent(compared)
    except (KeyError, TypeError, AttributeError) as error:
        raise RunError(
            f"{run.folder} lacks {error} in metrics.json or predictions.csv; run "
            f"`hilum evaluate {run.folder}` again."
        ) from None
    return compared


def _check_consistent(compared: ComparedRun) -> None:
    """Refuse a run of which slices.csv, predictions.csv and metrics.json don't belong together."""
    per_slice = compared.metrics["splits"]["test"]["per_slice"]
    _check_keys(compared.metrics)
    evaluated = compared.metrics.get("slices_sha256")  # older versions did not write it
    changed = bool(evaluated) and evaluated != slices_hash(compared.run.table_file)
    for column in ("slice_id", "group", "label"):
        _ = compared.table[column]
    unknown = ~compared.test["slice_id"].isin(compared.table["slice_id"])
    stated, cases = per_slice["figures"], compared.cases
    alike = per_slice["n"] == len(compared.test) and all(
        _same(stated[name]["value"], value)
        for name, value in {
            "accuracy": float((cases.label == cases.predicted).mean()),
            "auc": auc(cases.is_positive, cases.score),
        }.items()
    )
    if changed or unknown.any() or compared.test.index.has_duplicates or not alike:
        raise RunError(
            f"{compared.run.folder}: slices.csv, predictions.csv and metrics.json are not of one "
            f"evaluation; run `hilum evaluate {compared.run.folder}` again."
        )


def _check_keys(metrics: dict[str, Any]) -> None:
    """Raise KeyError or TypeError where metrics.json lacks what a comparison shows."""
    test = metrics["splits"]["test"]
    _ = metrics["design"]["level"], metrics["design"]["sentence"]
    _ = metrics["split"]["leak"]["groups"], metrics["split"]["leak"]["sentence"]
    for unit in ("per_slice", "per_group"):
        for name in METRICS:
            _ = [test[unit]["figures"][name][key] for key in ("value", "low", "high", "method")]


def _same(stated: float | None, value: float) -> bool:
    """Whether a metric in metrics.json equals `value`; null stands for NaN."""
    return math.isnan(value) if stated is None else abs(stated - value) < PLACES


def _history(run: Run) -> pd.DataFrame | None:
    """Return history.csv as numbers; None where there is none or it has no rows."""
    if not run.history_file.is_file():
        return None
    rows = read_csv(run.history_file)
    return None if rows.empty else numeric_history(rows)


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise RunError(f"{path.parent} has no {path.name}: it is not a complete run folder.")
    return path


def _pretrained(compared: ComparedRun) -> bool | None:
    """Return whether the weights began pretrained; None where no file says so."""
    for weights in (compared.metrics.get("weights"), compared.environment.get("weights")):
        if isinstance(weights, dict) and weights.get("pretrained") is not None:
            return bool(weights["pretrained"])
    return None


def _titled(compared: ComparedRun) -> tuple[str, str]:
    """Return a run's title, and what is added to it for how its weights began."""
    already = "random weights" in compared.name  # an ensemble names each of its members
    is_random = _pretrained(compared) is False and not already
    return compared.name, ", random weights" if is_random else ""


def _unique_names(titled: Sequence[tuple[tuple[str, str], Path]]) -> list[str]:
    """Return one name for each run; of equal titles, with as much of the folder as needed."""
    deepest = max(len(folder.parts) for _, folder in titled)
    depth = [0] * len(titled)
    while True:
        names = [
            _name(title, added, folder, parts)
            for ((title, added), folder), parts in zip(titled, depth, strict=True)
        ]
        often = Counter(names)
        again = [index for index, name in enumerate(names) if often[name] > 1]
        if not again or max(depth) > deepest:
            return names
        for index in again:
            depth[index] += 1


def _name(title: str, added: str, folder: Path, parts: int) -> str:
    inside = "/".join(folder.parts[-parts:]) if parts else ""
    return f"{title} ({inside}){added}" if inside else f"{title}{added}"


def _members(run: Run) -> list[Run]:
    """Return the runs inside an ensemble or a cross-validation, by name."""
    if not run.members.is_dir():
        return []
    return [
        Run(inner) for inner in sorted(run.members.iterdir()) if (inner / "network.json").is_file()
    ]


def _seconds(compared: ComparedRun, members: list[Run]) -> float | None:
    """Return how long the training took: a run's own value, else the sum over its members."""
    stated = compared.environment.get("seconds")
    if isinstance(stated, int | float):
        return float(stated)
    each = [_facts(member.environment).get("seconds") for member in members]
    known = [float(seconds) for seconds in each if isinstance(seconds, int | float)]
    return round(sum(known), 1) if members and len(known) == len(members) else None


def _parameters(compared: ComparedRun, members: list[Run]) -> dict[str, int] | None:
    """Return total and trained: a run's own, else those of one fold, or of all averaged."""
    stated = compared.network.get("parameters")
    if isinstance(stated, dict):
        return {key: int(stated[key]) for key in ("total", "trained") if key in stated}
    each = [_facts(member.network).get("parameters") for member in members]
    known = [part for part in each if isinstance(part, dict) and {"total", "trained"} <= set(part)]
    if not known or len(known) < len(members):
        return None
    counted = known[:1] if compared.run.kind == "cross-validation" else known
    return {key: sum(int(part[key]) for part in counted) for key in ("total", "trained")}


def _input_size(compared: ComparedRun, members: list[Run]) -> list[int]:
    """Return the sides of the inputs, pixels: one, or several in an ensemble."""
    inner = [_facts(member.network) for member in members]
    sizes = [network.get("input", {}).get("size") for network in [*inner, compared.network]]
    return sorted({int(size) for size in sizes if size is not None})


def _facts(read: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Return a JSON object of a member; empty where it can't be read, for it only adds facts."""
    try:
        return read()
    except (OSError, RunError):
        return {}
