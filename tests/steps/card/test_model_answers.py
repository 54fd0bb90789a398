"""Sentences on the network: what its files hold, for single networks, ensembles and folds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hilum.steps.card.facts import CardFacts
from hilum.steps.card.model_answers import model_answers


def test_the_recipe_and_the_network_are_described(facts: CardFacts) -> None:
    answers = model_answers(facts)
    assert answers["category"] == "Deep learning, image classification: MobileNetV2."
    assert answers["task"].startswith("Telling cancer or pneumonia apart")
    assert "resized to 224 x 224 pixels" in answers["input"]
    assert "2,555,394 parameters, 1,277,697 of them trained" in answers["network"]
    assert answers["ensembling"] == "None: one network."
    assert facts.recipe is not None
    assert f"At most {facts.recipe.training.epochs} epochs" in answers["training"]
    assert answers["selection"].startswith("The epoch with the best validation ")


def test_weights_are_named_by_origin_and_hash(facts: CardFacts) -> None:
    assert model_answers(facts)["weights"] == "Pretrained weights: made up."
    weights = {"pretrained": False, "origin": "a seed", "sha256": "0123456789abcdef" * 4}
    answers = model_answers(replace(facts, environment={"weights": weights}))
    assert answers["weights"] == "Random weights: a seed, SHA-256 beginning 0123456789abcdef."
    assert model_answers(replace(facts, environment={}))["weights"] == "Random weights: not known."


def test_software_names_the_versions_that_are_known(facts: CardFacts) -> None:
    environment = {"hilum": "0.2.0", "packages": {"torch": "2.1", "rich": "13", "timm": "1.0"}}
    answers = model_answers(replace(facts, environment=environment))
    assert answers["software"] == "hilum 0.2.0, torch 2.1, timm 1.0."


def test_an_ensemble_has_no_recipe_of_its_own(facts: CardFacts) -> None:
    answers = model_answers(replace(facts, recipe=None))
    assert answers["training"] == "Each member was trained by the recipe in its own folder."
    assert answers["selection"] == "The members were given, not chosen by hilum."


@pytest.mark.parametrize(
    ("thresholds", "expected"),
    [
        ({"youden": 0.4213, "recall": None}, "Operating points, chosen on validation slices: "
         "youden at 0.421."),
        ({}, "A probability for each of cancer, pneumonia."),
    ],
)  # fmt: skip
def test_operating_points_are_those_that_were_found(
    thresholds: dict[str, Any], expected: str, facts: CardFacts
) -> None:
    network = replace(facts.network, thresholds=thresholds)
    assert model_answers(replace(facts, network=network))["output"].endswith(expected)
