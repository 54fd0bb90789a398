"""The other runs whose maps are compared with a run's: the same slices, other seeds or networks."""

from __future__ import annotations

import filecmp
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hilum.errors import UsageError
from hilum.learn.predict import Member, load_networks
from hilum.recipe import Recipe
from hilum.run import Run, as_runs
from hilum.run.network import network_facts
from hilum.steps.same_slices import check_same_slices

__all__ = ["SEED", "OtherRun", "other_runs"]

SEED, NETWORK, RECIPE = "seed", "network", "recipe"
"""How another run differs: in the seed only; in the backbone; in other settings."""


@dataclass(frozen=True)
class OtherRun:
    """Another run on the same slices.

    Attributes:
        run: its run folder.
        member: its network.
        differs: one of SEED, NETWORK, RECIPE.
        words: its description, for a sentence.
    """

    run: Run
    member: Member
    differs: str
    words: str

    @property
    def name(self) -> str:
        """Its folder's name."""
        return self.run.folder.resolve().name

    @property
    def facts(self) -> dict[str, Any]:
        """Its entry in sanity.json."""
        title = self.run.description.title or self.name
        return {
            "run": self.run.folder.as_posix(), "title": title, "differs": self.differs,
            "seed": self.run.recipe().training.seed, "name": self.words,
        }  # fmt: skip


def other_runs(run: Run, others: Sequence[Run | Path | str]) -> list[OtherRun]:
    """Return the other runs, checked.

    Raises:
        UsageError: one has no network of its own, is given twice or is the run itself, or is not
            on the same slices with the same classes and splits.
        RunError: one is incomplete.
    """
    opened = as_runs(others)
    first = (run, network_facts(run), run.table()) if opened else None
    seen = [run]
    for other in opened:
        other.refuse_without_network()
        for known in seen:
            if filecmp.cmp(known.weights_file, other.weights_file, shallow=False):
                raise UsageError(
                    f"{known.folder} and {other.folder} hold the same network; give each once."
                )
        seen.append(other)
        if first is not None:
            check_same_slices(first, (other, network_facts(other), other.table()), to="compared")
            _check_seen_alike(run, other)
    return [_other_run(run.recipe(), other) for other in opened]


def _check_seen_alike(run: Run, other: Run) -> None:
    """Refuse maps of which some are of harmonised slices and some of slices as they are."""
    if run.description.harmonise != other.description.harmonise:
        seen = {True: "harmonised", False: "as they are"}
        raise UsageError(
            f"the network of {run.folder} sees slices {seen[run.description.harmonise]}, and that "
            f"of {other.folder} {seen[other.description.harmonise]}: their maps can't be compared; "
            f"give a run that sees them alike."
        )


def _other_run(recipe: Recipe, other: Run) -> OtherRun:
    """Return another run and how it differs."""
    (member,) = load_networks(other)
    own = other.recipe()
    title = other.description.title or other.folder.name
    if own.network.backbone != recipe.network.backbone:
        return OtherRun(other, member, NETWORK, title)
    if _without_chance(own) == _without_chance(recipe):
        return OtherRun(other, member, SEED, f"the same recipe, seed {own.training.seed}")
    return OtherRun(other, member, RECIPE, f"{title} by another recipe")


def _without_chance(recipe: Recipe) -> dict[str, Any]:
    """Return a recipe's settings except its title, its seed, and its numeric precision."""
    settings = recipe.model_dump(mode="json")
    training = {k: v for k, v in settings["training"].items() if k not in ("seed", "precision")}
    return {**settings, "title": "", "training": training}
