"""Recipes: what they fill in, what they refuse, and in which words."""

from __future__ import annotations

import pytest

from hilum.errors import RecipeError
from hilum.recipe import (
    parse_recipe,
)

SHORTEST = '[network]\nbackbone = "mobilenetv2"\n'

WAYS = ("transplants", "drawn", "opacities")


def test_the_shortest_recipe_is_filled_from_the_list_of_networks() -> None:
    recipe = parse_recipe(SHORTEST, name="x")
    assert recipe.title == "MobileNetV2"
    assert recipe.timm_name == "mobilenetv2_100"
    assert recipe.network.train_from == "blocks.4.2"
    assert recipe.network.hidden == (256,)
    assert recipe.network.dropout == (0.3, 0.3)
    assert recipe.classes.positive == "cancer"


def test_what_a_recipe_says_goes_before_what_is_known() -> None:
    text = 'title = "Mine"\n[network]\nbackbone = "resnet50"\nhidden = []\ndropout = [0.5]\n'
    recipe = parse_recipe(text, name="x", changes=["network.train_from=head"])
    assert recipe.title == "Mine"
    assert (recipe.network.hidden, recipe.network.dropout) == ((), (0.5,))
    assert recipe.network.train_from == "head"


def test_a_network_of_timm_that_is_not_known_is_taken_as_it_is() -> None:
    recipe = parse_recipe('[network]\nbackbone = "resnet10t"\n', name="x")
    assert (recipe.timm_name, recipe.network.train_from, recipe.title) == ("resnet10t", "", "")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (["training.lesion_loss=1"], "lesion_loss needs the head that gives a map"),
        (["training.restricted=true", "training.loss=sigmoid"], "restricted needs the loss"),
        (["training.views=3", "augmentation.noise=0.1"], "views must be 0 where slices change"),
        (["training.views=3", "crossing.share=0.5"], "views must be 0 where slices change"),
        (["classes.healthy=cancer"], r"\[classes\] positive must differ from .*, got cancer"),
        (["classes.healthy=pneumonia"], r"opacity_class must differ from .*, got pneumonia for"),
        (["network.head=map", "network.hidden=[16]"], 'hidden and dropout are of the head "pool'),
        (
            [
                "crossing.share=0.5",
                "crossing.removals=false",
                *(f"crossing.{way}=0" for way in WAYS),
            ],
            "share needs a way to make slices",
        ),
    ],
)
def test_parts_that_do_not_fit_are_refused(changes: list[str], sentence: str) -> None:
    with pytest.raises(RecipeError, match=sentence):
        parse_recipe(SHORTEST, name="mine.toml", changes=changes)
