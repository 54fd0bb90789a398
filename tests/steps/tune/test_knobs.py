"""Knobs: what they may be turned to, and the recipe that comes of it."""

from __future__ import annotations

import pytest

from hilum.errors import UsageError
from hilum.recipe import Recipe, load_recipe
from hilum.steps.tune.knobs import (
    OWN,
    all_knobs,
    apply_values,
    choose_knobs,
    free_knobs,
    own_values,
    spaces_of,
)


@pytest.fixture
def recipe() -> Recipe:
    """MobileNetV2, tuned: one dense layer of 256, dropout 0.3 twice, 224 pixels."""
    return load_recipe("mobilenetv2")


def freeze_point_at(share: float) -> str:
    return f"cut-{share}"


def test_the_knobs_are_those_that_the_paper_turned() -> None:
    assert list(all_knobs()) == [
        "learning_rate", "backbone_learning_rate", "epsilon", "dropout", "hidden", "frozen", "size",
    ]  # fmt: skip


def test_all_knobs_are_turned_or_those_that_are_named() -> None:
    assert [knob.name for knob in choose_knobs()] == list(all_knobs())
    assert [knob.name for knob in choose_knobs(["size", "dropout"])] == ["dropout", "size"]


def test_an_unknown_knob_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError) as caught:
        choose_knobs(["learning_rat"])
    assert str(caught.value) == (
        "there is no knob 'learning_rat'; there are learning_rate, backbone_learning_rate, "
        "epsilon, dropout, hidden, frozen, size. Did you mean 'learning_rate'?"
    )


def test_the_recipes_own_setting_is_always_in_the_space(recipe: Recipe) -> None:
    far = recipe.model_copy(
        update={"training": recipe.training.model_copy(update={"learning_rate": 0.5})}
    )
    spaces = spaces_of(choose_knobs(), far)
    assert spaces["learning_rate"] == (1e-4, 0.5)
    assert spaces["epsilon"] == (1e-8, 0.1)
    assert spaces["size"] == (OWN, "160", "192", "256", "299", "320")
    assert spaces["dropout"] == (OWN, "0.0", "0.1", "0.2", "0.4", "0.5")
    assert spaces["hidden"] == (OWN, "[]", "[128]", "[512]", "[256, 128]", "[512, 256]")
    assert spaces["frozen"][0] == OWN


def test_the_own_values_leave_the_recipe_as_it_is(recipe: Recipe) -> None:
    knobs = choose_knobs()
    own = own_values(knobs, recipe)
    assert apply_values(recipe, own, freeze_point_at) == recipe
    assert own["learning_rate"] == 1e-3 and own["size"] == OWN


def test_a_turned_knob_sets_its_setting(recipe: Recipe) -> None:
    values = {"learning_rate": 2e-3, "size": "160", "frozen": "0.9", "epsilon": 0.01}
    made = apply_values(recipe, values, freeze_point_at)
    assert made.training.learning_rate == 2e-3
    assert made.training.epsilon == 0.01
    assert made.input.size == 160
    assert made.network.train_from == "cut-0.9"
    assert made.training.backbone_learning_rate == recipe.training.backbone_learning_rate


@pytest.mark.parametrize(
    ("hidden", "dropout", "rates"),
    [
        ("[512, 256]", OWN, (0.3, 0.3, 0.3)),
        ("[]", OWN, (0.3,)),
        ("[512, 256]", "0.5", (0.5, 0.5, 0.5)),
        (OWN, "0.1", (0.1, 0.1)),
    ],
)
def test_dropout_has_a_rate_for_every_place(
    recipe: Recipe, hidden: str, dropout: str, rates: tuple[float, ...]
) -> None:
    made = apply_values(recipe, {"hidden": hidden, "dropout": dropout}, freeze_point_at)
    assert made.network.dropout == rates


def test_the_settings_that_set_names_are_fixed() -> None:
    free, fixed = free_knobs(["input.size = 96", "training.epochs=1", "network.train_from=head"])
    assert fixed == ["frozen", "size"]
    assert free == ["learning_rate", "backbone_learning_rate", "epsilon", "dropout", "hidden"]
    with pytest.raises(UsageError, match="--set fixes every knob, and nothing is left to tune"):
        free_knobs([f"{knob.sets}=1" for knob in all_knobs().values()])
