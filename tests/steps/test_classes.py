"""The classes of a table against those of a network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hilum.errors import RecipeError, TableError
from hilum.recipe import Recipe, parse_recipe
from hilum.steps.classes import check_labels, fill_classes, find_positive


def test_a_slice_of_an_unknown_class_is_named(make_table: Callable[..., Any]) -> None:
    table = make_table(3, label=["cancer", "scar", "cancer"])
    check_labels(table, ["cancer", "scar"])
    with pytest.raises(
        TableError, match=r"row 3, column label: .*\(cancer, pneumonia\); got 'scar"
    ):
        check_labels(table, ["cancer", "pneumonia"])


@pytest.mark.parametrize(
    ("names", "requested", "found"),
    [
        (["benign", "malignant", "normal"], "cancer", "malignant"),
        (["Bengin cases", "Malignant cases", "Normal cases"], "cancer", "Malignant cases"),
        (["Cancer", "no cancer"], "cancer", "Cancer"),
        (["cancer", "malignant"], "cancer", "cancer"),
        (["benign", "malignant"], "benign", "benign"),
        (["no cancer", "scar"], "cancer", None),
        (["Cancer", "malignant"], "cancer", None),
        (["benign", "malignant"], "tumour", None),
    ],
)
def test_the_positive_class_is_the_requested_one_or_the_only_one_with_cancer(
    names: list[str], requested: str, found: str | None
) -> None:
    assert find_positive(names, requested) == found


def recipe_of(*changes: str) -> Recipe:
    return parse_recipe('[network]\nbackbone = "test_resnet"\n', name="x", changes=changes)


def test_malignant_is_found_and_other_classes_are_asked_for_by_the_command(
    make_table: Callable[..., Any],
) -> None:
    filled = fill_classes(recipe_of(), make_table(2, label=["benign", "malignant"]))
    assert (filled.classes.positive, filled.classes.names) == ("malignant", ("benign", "malignant"))
    with pytest.raises(RecipeError) as caught:
        fill_classes(recipe_of(), make_table(2, label=["covid", "no finding"]))
    assert str(caught.value) == (
        "[classes] positive: must be one of the classes (covid, no finding), and none is called "
        "'cancer'; add --set classes.positive=covid or --set classes.positive='no finding'."
    )
    with pytest.raises(
        RecipeError, match=r"got 'tumour'\. Set it with --set classes.positive=benign"
    ):
        fill_classes(
            recipe_of("classes.positive=tumour"), make_table(2, label=["benign", "malignant"])
        )
