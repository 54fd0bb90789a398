"""A recipe: every setting of one training, read from TOML and validated."""

from hilum.recipe.recipe import Recipe
from hilum.recipe.sections import Augmentation, Classes, Crossing, Input, Network, Training
from hilum.recipe.text import (
    as_recipe,
    built_in_recipes,
    dump_recipe,
    load_recipe,
    parse_recipe,
)

__all__ = [
    "Augmentation",
    "Classes",
    "Crossing",
    "Input",
    "Network",
    "Recipe",
    "Training",
    "as_recipe",
    "built_in_recipes",
    "dump_recipe",
    "load_recipe",
    "parse_recipe",
]
