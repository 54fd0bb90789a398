"""The classes of a table against those of a network or a recipe."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable

from hilum.errors import RecipeError, TableError
from hilum.recipe import Classes, Recipe
from hilum.table import SliceTable

__all__ = ["check_labels", "fill_classes", "find_positive"]

CANCER_WORDS = {"cancer", "cancerous", "malignant", "malignancy"}
"""First words of class names that identify the positive class."""


def check_labels(table: SliceTable, class_names: list[str], *, of: str = "network") -> None:
    """Raise TableError at the first slice of a class that the network (or recipe) lacks."""
    unknown = ~table.rows["label"].isin(class_names)
    if unknown.any():
        row = int(unknown.to_numpy().argmax())
        raise TableError(
            f"{table.cell_name(row, 'label')}: must be one of the {of}'s classes "
            f"({', '.join(class_names)}); got {table.rows['label'].iloc[row]!r}."
        )


def find_positive(names: Iterable[str], requested: str = Classes().positive) -> str | None:
    """Return the positive class of the metrics: the requested one, or the one with cancer.

    If a recipe leaves the positive class at its default and there is no such class, it is the only
    class whose name begins with a word for cancer, such as `malignant` or `Malignant cases`.

    Returns:
        one of `names`; None where the requested one is missing and no other is obvious.
    """
    names = list(names)
    if requested in names:
        return requested
    words = [re.split(r"[^a-z]+", name.casefold().strip())[0] for name in names]
    found = [name for name, word in zip(names, words, strict=True) if word in CANCER_WORDS]
    return found[0] if requested == Classes().positive and len(found) == 1 else None


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
    positive = find_positive(names, recipe.classes.positive)
    if positive is None:
        got = recipe.classes.positive
        unset = got == Classes().positive
        raise RecipeError(
            f"[classes] positive: must be one of the classes ({', '.join(names)})"
            + (f", and none is called {got!r}; add " if unset else f"; got {got!r}. Set it with ")
            + " or ".join(f"--set classes.positive={shlex.quote(name)}" for name in names)
            + "."
        )
    classes = recipe.classes.model_copy(update={"names": names, "positive": positive})
    return recipe.model_copy(update={"classes": classes})
