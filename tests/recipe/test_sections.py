"""Sections of a recipe: defaults of the paper, and sizes."""

from __future__ import annotations

import pytest

from hilum.errors import RecipeError
from hilum.recipe import Augmentation, parse_recipe
from hilum.recipe.sections import Input


def test_the_augmentation_is_the_papers() -> None:
    assert Augmentation().model_dump() == {
        "rotation": 10.0,
        "shift": 0.2,
        "zoom": 0.2,
        "shear": 0.15,
        "horizontal_flip": True,
        "vertical_flip": True,
        "tone": 0.0,
        "sharpness": 0.0,
        "noise": 0.0,
    }


@pytest.mark.parametrize(
    ("backbone", "more", "size"),
    [
        ("convnext_tiny", "", 0),
        ("convnext_tiny", "[input]\nsize = 96\n", 96),
        ("mobilenetv2", "", 224),
        ("xception", '[input]\nscaling = "zero-one"\n', 224),
        ("xception", "[input]\nsize = 0\n", 0),
    ],
)
def test_the_size_is_timms_own_but_for_known_networks(backbone: str, more: str, size: int) -> None:
    recipe = parse_recipe(f'[network]\nbackbone = "{backbone}"\n{more}', name="x")
    assert recipe.input.size == size


@pytest.mark.parametrize(
    ("setting", "sentence"),
    [
        ("input.size=31", "x: [input] size must be 32 to 2048 pixels, or 0: as the weights' "
         "configuration says; got 31."),
        ("training.batch_size=1",
         "x: [training] batch_size should be greater than or equal to 2; got 1."),
    ],
)  # fmt: skip
def test_a_value_out_of_range_is_refused(setting: str, sentence: str) -> None:
    with pytest.raises(RecipeError) as caught:
        parse_recipe('[network]\nbackbone = "mobilenetv2"\n', name="x", changes=[setting])
    assert str(caught.value) == sentence


def test_only_a_harmonised_input_is_said_to_be() -> None:
    assert Input(size=96).facts == {"size": 96}
    assert Input(size=96, harmonise=True).facts == {"size": 96, "harmonise": True}


def test_a_section_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Input().size = 3  # type: ignore[misc]
