"""The classes of a table against those of a network or a recipe."""

from __future__ import annotations

from hilum.errors import RecipeError, TableError
from hilum.recipe import Classes, Recipe
from hilum.table import SliceTable

__all__ = ["check_labels", "fill_classes"]


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
