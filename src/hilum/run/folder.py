"""The run folder: what its files are called, and reading them back."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from hilum.errors import RunError, UsageError
from hilum.html_table import html_table
from hilum.recipe import Recipe, load_recipe
from hilum.run.metrics import Metrics
from hilum.run.network import REPEATED, RunNetwork, read_network
from hilum.storage.json_file import read_json
from hilum.table import SliceTable, read_csv, read_table, write_csv

__all__ = ["RUN_MARKS", "Run", "as_run", "as_runs", "open_run", "probability_column"]

RUN_MARKS = ("network.json", "slices.csv")
"""Files that every kind of run has from its beginning: by them --force knows its own."""


@dataclass(frozen=True)
class Run:
    """A run folder; the properties are its files, there or not yet."""

    folder: Path

    @property
    def recipe_file(self) -> Path:
        """The complete recipe, TOML."""
        return self.folder / "recipe.toml"

    @property
    def table_file(self) -> Path:
        """Exactly the slices that were used."""
        return self.folder / "slices.csv"

    @property
    def environment_file(self) -> Path:
        """Versions, processor, seed, hash of the weights, command."""
        return self.folder / "environment.json"

    @property
    def history_file(self) -> Path:
        """One row an epoch."""
        return self.folder / "history.csv"

    @property
    def weights_file(self) -> Path:
        """The trained network, safetensors."""
        return self.folder / "weights.safetensors"

    @property
    def onnx_file(self) -> Path:
        """The operations of the trained network, ONNX; its tensors are those of the weights."""
        return self.folder / "network.onnx"

    @property
    def network_file(self) -> Path:
        """Everything else that is needed to predict, JSON."""
        return self.folder / "network.json"

    @property
    def checkpoint(self) -> Path:
        """Where an unfinished training goes on from; gone when it is finished."""
        return self.folder / "checkpoint"

    @property
    def predictions_file(self) -> Path:
        """One row a slice, one probability a class."""
        return self.folder / "predictions.csv"

    @property
    def metrics_file(self) -> Path:
        """Design verdict, border probe and all figures with their intervals, JSON."""
        return self.folder / "metrics.json"

    @property
    def figures(self) -> Path:
        """Figures as SVG."""
        return self.folder / "figures"

    @property
    def harmonised_file(self) -> Path:
        """Test slices before and after harmonising, PNG; only where the network sees them so."""
        return self.folder / "harmonised.png"

    @property
    def maps(self) -> Path:
        """Grad-CAM maps and their pictures."""
        return self.folder / "maps"

    @property
    def localisation_table(self) -> Path:
        """How well the map of each slice with a lesion finds it, next to controls, CSV."""
        return self.folder / "localisation.csv"

    @property
    def localisation_file(self) -> Path:
        """The same of all slices, with intervals and what it means, JSON."""
        return self.folder / "localisation.json"

    @property
    def sanity(self) -> Path:
        """What checks of the maps found."""
        return self.folder / "sanity"

    @property
    def audit(self) -> Path:
        """What an audit of the run's slices found."""
        return self.folder / "audit"

    @property
    def elsewhere(self) -> Path:
        """Evaluations on other tables, a folder each."""
        return self.folder / "elsewhere"

    @property
    def report_file(self) -> Path:
        """The report, one self-contained HTML file."""
        return self.folder / "report.html"

    @property
    def card_file(self) -> Path:
        """The model card, one self-contained HTML file; model-card.json holds the same."""
        return self.folder / "model-card.html"

    @property
    def members(self) -> Path:
        """The runs that an ensemble averages, the folds of a cross-validation, or the trainings of
        several seeds."""
        return self.folder / "members"

    def files(self) -> list[Path]:
        """Return the files that training and evaluation write, there or not."""
        return [
            self.recipe_file, self.table_file, self.environment_file, self.history_file,
            self.weights_file, self.onnx_file, self.network_file, self.predictions_file,
            self.metrics_file, self.localisation_table, self.localisation_file, self.report_file,
        ]  # fmt: skip

    @property
    def description(self) -> RunNetwork:
        """The content of network.json, typed; read again only when the file has changed.

        Raises:
            RunError: the file is missing or broken.
        """
        self._need(self.network_file)
        return read_network(self.network_file)

    @property
    def kind(self) -> str:
        """One of `KINDS`, as network.json says it; "network" before that file is written."""
        return self.description.kind if self.network_file.is_file() else RunNetwork.kind

    @property
    def finished(self) -> bool:
        """Whether all that the run's kind needs is there; what is needed last is written last."""
        if self.kind == "cross-validation":
            return self.predictions_file.is_file()
        if self.kind == REPEATED:
            return self.metrics_file.is_file()
        return self.members.is_dir() if self.kind == "ensemble" else self.weights_file.is_file()

    def _repr_html_(self) -> str:
        """Return what the run is and what its folder holds, for a notebook."""
        exists = self.network_file.is_file()
        try:
            known = self.description if exists else RunNetwork()
        except RunError:  # a broken file is no reason not to show the rest
            known = RunNetwork()
        files = sorted(path.name for path in self.folder.iterdir()) if self.folder.is_dir() else []
        rows = [
            ("folder", self.folder),
            ("kind", known.kind if exists else "not trained yet"),
            ("classes", ", ".join(known.class_names)),
            ("positive class", known.positive),
            ("files", ", ".join(name for name in files if not name.startswith("."))),
        ]
        return html_table(f"Run {known.title}".strip(), [], rows)

    def table(self) -> SliceTable:
        """Read the slices that were used; `harmonised` where the run's network sees them so."""
        self._need(self.table_file)
        harmonised = self.network_file.is_file() and self.description.harmonise
        return replace(read_table(self.table_file), harmonised=harmonised)

    def recipe(self) -> Recipe:
        """Read the complete recipe."""
        self._need(self.recipe_file)
        return load_recipe(self.recipe_file)

    def network(self) -> dict[str, Any]:
        """Return the content of network.json as it is written; see also `description`."""
        return deepcopy(dict(self.description.content))

    def seed_runs(self) -> list[Run]:
        """Return the trainings of a repeated training, in the order of their seeds.

        Raises:
            RunError: network.json does not list the seeds, or one of the runs is gone.
        """
        seeds = self.description.content.get("seeds")
        if not isinstance(seeds, list) or not seeds:
            raise RunError(
                f"{self.network_file} does not list its seeds: it is not a complete run folder."
            )
        runs = [Run(self.members / f"seed-{seed}") for seed in seeds]
        for run in runs:
            run._need(run.weights_file)
        return runs

    def member_runs(self) -> list[Run]:
        """Return the runs that an ensemble averages, in the order of its network.json.

        Raises:
            RunError: network.json does not list them, or one of them is gone.
        """
        try:
            names = [str(member["name"]) for member in self.description.content["members"]]
        except (KeyError, TypeError) as error:
            raise RunError(
                f"{self.network_file} does not list the members ({error!r}); make the ensemble "
                f"again."
            ) from None
        runs = [Run(self.members / name) for name in names]
        for run in runs:
            run._need(run.weights_file)
        return runs

    def answering(self) -> list[Run]:
        """Return the runs whose networks answer for this one: itself, or an ensemble's members.

        Raises:
            UsageError: it is a cross-validation or a repeated training, which have no network of
                their own.
            RunError: see `member_runs`.
        """
        if self.kind == "ensemble":
            return self.member_runs()
        self.refuse_without_network()
        return [self]

    def refuse_without_network(self) -> None:
        """Raise UsageError unless the run has a network of its own; say which folders have one."""
        if self.kind == "network":
            return
        article = "an" if self.kind == "ensemble" else "a"
        found = (
            sorted(path.name for path in self.members.iterdir()) if self.members.is_dir() else []
        )
        raise UsageError(
            f"{self.folder} is {article} {self.kind} and has no network of its own; take one of "
            f"its members: {', '.join(str(self.members / n) for n in found) or 'there are none'}."
        )

    def environment(self) -> dict[str, Any]:
        """Read environment.json."""
        return self._json(self.environment_file)

    def metrics(self) -> Metrics:
        """Read metrics.json; RunError tells to evaluate first where it is missing."""
        return Metrics(self._json(self.metrics_file, step="evaluate"))

    def predictions(self) -> pd.DataFrame:
        """Read predictions.csv, the probabilities as float64.

        Raises:
            UsageError: it is a repeated training, whose members have predictions of their own.
            RunError: it was not evaluated, or the file is no table of probabilities.
        """
        if self.kind == REPEATED:
            self.refuse_without_network()
        self._need(self.predictions_file, step="evaluate")
        rows = read_csv(self.predictions_file)
        numbers = [column for column in rows.columns if column.startswith("probability_")]
        try:
            return rows.astype(dict.fromkeys(numbers, "float64"))
        except ValueError as error:
            raise RunError(
                f"{self.predictions_file}: not a table of probabilities: {error}."
            ) from None

    def write_predictions(self, rows: pd.DataFrame) -> None:
        """Write predictions.csv, whole or not at all."""
        write_csv(rows, self.predictions_file)

    def remove_localisation(self) -> None:
        """Remove what `localise` measured, as when the maps are made again."""
        self.localisation_table.unlink(missing_ok=True)
        self.localisation_file.unlink(missing_ok=True)

    def _json(self, path: Path, *, step: str = "train") -> dict[str, Any]:
        """Read a JSON object of the run."""
        self._need(path, step=step)
        return read_json(path)

    def _need(self, path: Path, *, step: str = "train") -> None:
        """Raise RunError where a file of the run is missing, with the command that makes it."""
        if not path.is_file():
            raise RunError(
                f"{self.folder} has no {path.name}; run `hilum {step}` first."
                if step != "train"
                else f"{self.folder} has no {path.name}: it is not a complete run folder."
            )


def open_run(folder: Path | str) -> Run:
    """Return the finished run in `folder`.

    Raises:
        UsageError: there is no such folder, or it is no run folder.
        RunError: its training was not finished.
    """
    run = Run(Path(folder))
    if not run.folder.is_dir():
        raise UsageError(f"there is no run folder {run.folder}.")
    if not run.recipe_file.is_file() and run.kind != "ensemble":
        raise UsageError(f"{run.folder} is not a run folder: it has no {run.recipe_file.name}.")
    if not run.finished and run.kind == "ensemble":
        raise RunError(
            f"{run.folder} is an ensemble without its folder {run.members.name}; make it again "
            f"with `hilum ensemble`."
        )
    if not run.finished:
        raise RunError(
            f"the training in {run.folder} was not finished; resume it with "
            f"`hilum train --resume {run.folder}`."
        )
    return run


def as_run(run: Run | Path | str) -> Run:
    """Return `run` itself, or open the run in a folder; see `open_run`."""
    return run if isinstance(run, Run) else open_run(run)


def as_runs(runs: Iterable[Run | Path | str]) -> list[Run]:
    """Return several runs, each opened where a folder is given; see `open_run`."""
    return [as_run(run) for run in runs]


def probability_column(class_name: str) -> str:
    """Return the name of the column that holds the probability of a class."""
    return f"probability_{class_name}"
