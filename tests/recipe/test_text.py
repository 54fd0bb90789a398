"""Recipes as text: loaded, changed, dumped, and refused in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from hilum.errors import RecipeError, UsageError
from hilum.recipe import (
    Recipe,
    as_recipe,
    built_in_recipes,
    dump_recipe,
    load_recipe,
    parse_recipe,
)

SHORTEST = '[network]\nbackbone = "mobilenetv2"\n'


def refusal(text: str, *changes: str) -> str:
    with pytest.raises(RecipeError) as caught:
        parse_recipe(text, name="mine.toml", changes=changes)
    return str(caught.value)


@pytest.mark.parametrize("name", built_in_recipes())
def test_every_built_in_recipe_loads_and_comes_back_from_its_text(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.title
    assert parse_recipe(dump_recipe(recipe), name="again") == recipe
    assert as_recipe(recipe) == recipe


def test_the_built_in_recipes_are_sorted() -> None:
    recipes = built_in_recipes()
    assert list(recipes) == sorted(recipes)
    assert {"mobilenetv2", "resnet50"} <= set(recipes)


def test_a_dumped_recipe_names_every_setting() -> None:
    text = dump_recipe(parse_recipe(SHORTEST, name="x"))
    for section, model in Recipe.model_fields.items():
        for setting in getattr(model.annotation, "model_fields", {section: None}):
            assert f"{setting} = " in text


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "network is missing."),
        ("[network]\n", "[network] backbone is missing."),
        (
            f"{SHORTEST}[trainning]\nepochs = 3\n",
            "trainning is no setting of a recipe. Did you mean 'training'?",
        ),
        (
            f"{SHORTEST}[training]\nepoch = 3\n",
            "[training] epoch is no setting of a recipe. Did you mean 'epochs'?",
        ),
        (f"{SHORTEST}[input]\nzzz = 3\n", "[input] zzz is no setting of a recipe."),
        (
            f"{SHORTEST}[training]\nepochs = 0\n",
            "[training] epochs should be greater than or equal to 1; got 0.",
        ),
        (
            f'{SHORTEST}[training]\nepochs = "3"\n',
            "[training] epochs should be a valid integer; got '3'.",
        ),
        (
            f"{SHORTEST}[training]\nepochs = 2.5\n",
            "[training] epochs should be a valid integer; got 2.5.",
        ),
        (
            f"{SHORTEST}[training]\nbatch_size = true\n",
            "[training] batch_size should be a valid integer; got True.",
        ),
        (
            f'{SHORTEST}[training]\nloss = "hinge"\n',
            "[training] loss should be 'softmax' or 'sigmoid'; got 'hinge'.",
        ),
        (
            f"{SHORTEST}[training]\nlearning_rate = 0\n",
            "[training] learning_rate should be greater than 0; got 0.",
        ),
        (
            f"{SHORTEST}[training]\nlearning_rate = inf\n",
            "[training] learning_rate should be a finite number; got inf.",
        ),
        (
            f"{SHORTEST}[training]\nweight_decay = nan\n",
            "[training] weight_decay should be a finite number; got nan.",
        ),
        (
            f"{SHORTEST}[input]\nsize = 5000\n",
            "[input] size should be less than or equal to 2048; got 5000.",
        ),
        (
            f"{SHORTEST}[input]\nsize = 31\n",
            "[input] size must be 32 to 2048 pixels, or 0: as the weights' configuration says; "
            "got 31.",
        ),
        (
            f"{SHORTEST}[augmentation]\nzoom = 1\n",
            "[augmentation] zoom should be less than 1; got 1.",
        ),
        (
            f"{SHORTEST}hidden = [64, 0]\n",
            "[network] hidden.1 should be greater than or equal to 1; got 0.",
        ),
        (
            f"{SHORTEST}hidden = [64, 32]\ndropout = [0.1, 0.2]\n",
            "[network] dropout needs 3 values (after the pooled features and after each of the 2 "
            "dense layers), got 2.",
        ),
    ],
)
def test_a_wrong_key_or_value_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    assert refusal(text) == f"mine.toml: {sentence}"


def test_what_is_no_toml_is_refused_with_its_line() -> None:
    message = refusal("[network\n")
    assert message.startswith("mine.toml: not TOML: ")
    assert "line 1" in message


def test_a_section_that_is_no_section_is_refused() -> None:
    assert refusal("network = 3\n").startswith("mine.toml: network should be a valid dictionary")


def test_single_settings_can_be_changed() -> None:
    recipe = parse_recipe(
        SHORTEST,
        name="x",
        changes=[
            "training.epochs=3", "training.loss=sigmoid", "network.hidden=[8, 4]",
            "network.dropout=[0.0, 0.5, 0.5]", "augmentation.vertical_flip=false", "title=A trial",
            'classes.names=["a", "b"]', " input.size = 64",
        ],
    )  # fmt: skip
    assert (recipe.training.epochs, recipe.training.loss) == (3, "sigmoid")
    assert recipe.network.hidden == (8, 4)
    assert recipe.augmentation.vertical_flip is False
    assert recipe.title == "A trial"
    assert recipe.classes.names == ("a", "b")
    assert recipe.input.size == 64


def test_a_change_of_a_recipe_object_leaves_the_object_alone() -> None:
    recipe = load_recipe("mobilenetv2")
    changed = as_recipe(recipe, ["training.epochs=1"])
    assert changed.training.epochs == 1
    assert recipe == load_recipe("mobilenetv2")


@pytest.mark.parametrize("change", ["epochs=3", "training.epochs", "training epochs 3"])
def test_a_change_that_is_none_is_refused(change: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_recipe(SHORTEST, name="x", changes=[change])
    assert str(caught.value) == (
        "a change of the recipe reads section.key=value, such as training.epochs=3; got "
        f"{change!r}."
    )


def test_a_wrong_change_is_refused_as_a_wrong_line_would_be() -> None:
    assert refusal(SHORTEST, "training.epoch=3") == (
        "mine.toml: [training] epoch is no setting of a recipe. Did you mean 'epochs'?"
    )


def test_a_recipe_is_loaded_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(SHORTEST)
    assert load_recipe(tmp_path / "mine.toml", ["training.seed=7"]).training.seed == 7
    assert as_recipe(str(tmp_path / "mine.toml")).training.seed == 0


def test_an_unknown_recipe_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        load_recipe("mobilenet2")
    assert str(caught.value) == (
        "there is no recipe 'mobilenet2', neither built in "
        f"({', '.join(built_in_recipes())}) nor as a file. Did you mean 'mobilenetv2'? "
        "A recipe may name any network of timm: write the three lines [network], "
        'backbone = "mobilenet2" and train_from = "" into mobilenet2.toml, and give '
        "--recipe mobilenet2.toml."
    )


def test_the_three_lines_are_a_recipe_and_a_missing_file_gets_no_advice_on_networks(
    tmp_path: Path,
) -> None:
    path = tmp_path / "resnet18.toml"
    path.write_text('[network]\nbackbone = "resnet18"\ntrain_from = ""\n')
    assert load_recipe(path).network.backbone == "resnet18"
    with pytest.raises(UsageError) as caught:
        load_recipe("missing.toml")
    assert "any network of timm" not in str(caught.value)


def test_a_recipe_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_bytes(b'title = "\xfc"')
    with pytest.raises(RecipeError) as caught:
        load_recipe(tmp_path / "mine.toml")
    assert str(caught.value) == "mine.toml: a recipe must be UTF-8 text, and this isn't."


@pytest.mark.parametrize(
    ("network", "cut", "title"),
    [("vgg16", "features.19", "VGG16, robust"), ("resnet10t", "", "resnet10t, robust")],
)
def test_every_network_has_a_robust_recipe(network: str, cut: str, title: str) -> None:
    recipe, origin = load_recipe(f"robust/{network}"), load_recipe("robust/mobilenetv2")
    assert (recipe.network.backbone, recipe.title) == (network, title)
    assert recipe.network.train_from == cut
    assert recipe.crossing == origin.crossing
    usual = {"learning_rate": 1e-3, "backbone_learning_rate": 1e-4}
    assert recipe.training == origin.training.model_copy(update=usual)
    assert load_recipe(f"robust/{network}", ["training.epochs=2"]).training.epochs == 2


def test_a_robust_recipe_file_is_no_network() -> None:
    with pytest.raises(UsageError, match="there is no recipe"):
        load_recipe("robust/mine.toml")
