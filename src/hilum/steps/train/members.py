"""Runs inside a run: several trainings in a row, each going on where it was stopped."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from hilum.catalogue.networks import WEIGHTS_VARIABLE
from hilum.errors import RunError, WeightsError
from hilum.learn.weights import find_weights
from hilum.progress import OneOfSeveral, Progress
from hilum.recipe import Recipe, dump_recipe
from hilum.run import Run, write_json
from hilum.splits import SplitRules
from hilum.steps.train.step import resume, train_member
from hilum.storage.atomic import write_text
from hilum.storage.json_file import read_json
from hilum.table import SliceTable, write_csv

__all__ = [
    "MemberTraining",
    "Start",
    "finish_members",
    "read_start",
    "train_members",
    "weights_location",
]

START = "folds.json"
"""In checkpoint/: what further trainings begin with."""
SAID_ONCE = ("Design", "Positive class", "Weights")
"""What a training reports that is the same in every member."""
OF_MEMBER = ("device", "precision", "processes", "seed")
"""Keys of environment.json that the first member has for all; each has its own `seed` too."""


@dataclass(frozen=True)
class MemberTraining:
    """One of several trainings.

    Attributes:
        name: of its folder, such as `fold-1`.
        title: in front of its progress, such as `fold 1 of 3`.
        facts: first columns of its row in the table of members.
        table: its slices, split.
        recipe: its recipe.
        partial_test: whether its test split may lack a class, as where a source is left out.
    """

    name: str
    title: str
    facts: dict[str, Any]
    table: SliceTable
    recipe: Recipe
    partial_test: bool = False


@dataclass(frozen=True)
class Start:
    """What all members begin with.

    Attributes:
        weights: where the weights are; None: where `find_weights` looks by itself.
        sha256: of the weights' file.
        leaky: whether groups may be in more than one split.
    """

    weights: str | None
    sha256: str
    leaky: bool = False

    def write(self, run: Run) -> None:
        """Write it into the checkpoint folder, which is made."""
        run.checkpoint.mkdir()
        write_json(self.__dict__, run.checkpoint / START)


def weights_location(weights: Path | str | None) -> str | None:
    """Return where the weights are, in words that still hold in another working folder."""
    where = weights or os.environ.get(WEIGHTS_VARIABLE)
    return str(Path(where).resolve()) if where and Path(where).is_dir() else (where and str(where))


def read_start(run: Run, recipe: Recipe) -> Start:
    """Return what further members begin with, after checking that it is there and unchanged.

    Raises:
        RunError: it is not known any more.
        WeightsError: other weights are there now.
    """
    path = run.checkpoint / START
    try:
        content = read_json(path)
        start = Start(content["weights"], content["sha256"], bool(content.get("leaky", False)))
    except (OSError, RunError, KeyError) as error:
        raise RunError(
            f"{path} does not say where the weights are ({error!r}); start the training again."
        ) from None
    if find_weights(recipe.timm_name, start.weights).sha256 != start.sha256:
        raise WeightsError(
            f"the weights of {recipe.timm_name} differ from those that {run.folder} started with; "
            "restore them, or start the training again."
        )
    return start


def train_members(
    run: Run, members: Sequence[MemberTraining], progress: Progress, *, once: tuple[str, ...] = ()
) -> list[Run]:
    """Train the members that are not finished, in their order; return all of their runs.

    Args:
        run: the run around them.
        members: in their order.
        progress: receives the progress of each, with its title in front.
        once: beginnings of sentences, up to their colon, that all but the first leave out, besides
            `SAID_ONCE`.

    Raises:
        RunError, WeightsError: see `read_start`; asked only where a member was not begun.
    """
    runs = []
    for number, member in enumerate(members):
        member_run = Run(run.members / member.name)
        content = OneOfSeveral(
            progress, member.title, further=len(members) - number - 1,
            omitted=(*SAID_ONCE, *once) if number else (),
        )  # fmt: skip
        if not member_run.folder.is_dir():
            start = read_start(run, member.recipe)
            rules = SplitRules(leaky=start.leaky, partial_test=member.partial_test)
            train_member(
                member.table, member.recipe, out=member_run.folder, weights=start.weights,
                rules=rules, progress=content,
            )  # fmt: skip
        elif not member_run.finished:
            resume(member_run.folder, progress=content)
        runs.append(member_run)
    return runs


def finish_members(
    run: Run, members: Sequence[MemberTraining], runs: Sequence[Run], *, table: str
) -> None:
    """Write what all members together give, but for their metrics; the checkpoint goes last.

    Args:
        run: the run around them.
        members: in their order.
        runs: their runs, finished.
        table: name of the CSV file with a row for each member.
    """
    first, environment = runs[0], run.environment()
    rows = pd.DataFrame(
        [
            member.facts | _best_epoch(run, of_member)
            for member, of_member in zip(members, runs, strict=True)
        ]
    )
    write_csv(rows, run.folder / table)
    resolved = first.recipe()
    classes = resolved.classes.model_copy(update={"names": run.recipe().classes.names})
    write_text(run.recipe_file, dump_recipe(resolved.model_copy(update={"classes": classes})))
    write_json({**_shared(first.network()), **run.network()}, run.network_file)
    of_first = first.environment()
    environment |= {key: of_first[key] for key in OF_MEMBER if key in of_first}
    environment |= {
        "weights": of_first["weights"],
        "seconds": round(float(rows["seconds"].sum()), 1),
    }
    write_json(environment, run.environment_file)
    shutil.rmtree(run.checkpoint, ignore_errors=True)


def _shared(network: dict[str, Any]) -> dict[str, Any]:
    """Return what network.json of one member says of all."""
    own = ("thresholds", "calibration", "verdict")
    return {key: value for key, value in network.items() if key not in own} | {"cam_layer": ""}


def _best_epoch(run: Run, member: Run) -> dict[str, Any]:
    """Return how the training of one member went."""
    history = pd.read_csv(member.history_file)
    best = history[history["best"] == 1].iloc[0]
    return {
        "run": member.folder.relative_to(run.folder).as_posix(),
        "best_epoch": int(best["epoch"]),
        "validation_loss": best["validation_loss"],
        "validation_auc": best["validation_auc"],
        "seconds": round(float(history["seconds"].sum()), 1),
    }
