"""What the steps need to know of a run's network, or of a table to train on, checked."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from hilum.errors import RecipeError, RunError, TableError, UsageError
from hilum.recipe import Classes, Recipe
from hilum.table import SliceTable

__all__ = [
    "HasNetworkFile",
    "NetworkFacts",
    "check_labels",
    "fill_classes",
    "network_facts",
    "refuse_own_slices",
]


class HasNetworkFile(Protocol):
    """A run, or whatever else says what a run's network.json says."""

    @property
    def folder(self) -> Path:
        """What messages call it."""

    @property
    def network_file(self) -> Path:
        """Where `network` stands."""

    def network(self) -> dict[str, Any]:
        """Return the content of network.json."""


@dataclass(frozen=True)
class NetworkFacts:
    """Facts out of network.json.

    Attributes:
        class_names: in the order of the network's outputs.
        positive: the class that the figures speak of.
        size: side of the square that a slice is resized to, pixels.
    """

    class_names: list[str]
    positive: str
    size: int


def network_facts(run: HasNetworkFile) -> NetworkFacts:
    """Return what network.json says.

    Raises:
        RunError: the file is missing, broken, or lacks one of them.
    """
    told = run.network()
    try:
        names, positive = [str(name) for name in told["class_names"]], str(told["positive"])
        return NetworkFacts(names, positive, int(told["input"]["size"]))
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(
            f"{run.network_file} does not say class_names, positive and input size ({error!r}): "
            f"it is not of a whole run; train again."
        ) from None


def check_labels(table: SliceTable, class_names: list[str], *, of: str = "network") -> None:
    """Raise TableError at the first slice of a class that the network (or recipe) lacks."""
    unknown = ~table.rows["label"].isin(class_names)
    if unknown.any():
        row = int(unknown.to_numpy().argmax())
        raise TableError(
            f"{table.cell_name(row, 'label')}: must be one of the {of}'s classes "
            f"({', '.join(class_names)}); got {table.rows['label'].iloc[row]!r}."
        )


def fill_classes(recipe: Recipe, table: SliceTable) -> Recipe:
    """Return the recipe with its class names filled from the table, after checking that they fit.

    Raises:
        TableError: a slice is of another class, or a class has no slices.
        RecipeError: the positive class is none of them.
    """
    names = recipe.classes.names or tuple(table.labels)
    check_labels(table, list(names), of="recipe")
    missing = [name for name in names if name not in table.labels]
    if missing or len(names) < 2:
        raise TableError(
            f"{table.name}: a network tells at least two classes apart, and every class needs "
            f"slices; got {', '.join(table.labels)}"
            + (f" and none of {', '.join(missing)}." if missing else ".")
        )
    if recipe.classes.positive not in names:
        raise RecipeError(
            f"[classes] positive: must be one of the classes ({', '.join(names)}); got "
            f"{recipe.classes.positive!r}. Set it with --set classes.positive=NAME."
        )
    classes = Classes(names=names, positive=recipe.classes.positive)
    return recipe.model_copy(update={"classes": classes})


def refuse_own_slices(table: SliceTable, folder: Path) -> None:
    """Raise UsageError at a run folder that holds the slices: replacing it would remove them."""
    inside = folder.resolve()
    if any(path.resolve().is_relative_to(inside) for path in {p.parent for p in table.paths()}):
        raise UsageError(f"{folder} holds slices of {table.name}; choose another run folder.")
