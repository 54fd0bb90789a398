"""Counts of what each recipe freezes and trains."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from hilum.catalogue.networks import known_networks
from hilum.recipe import load_recipe

__all__ = ["describe_cuts"]

QUICK = {"size": 96}
"""Input size for building a network, which runs it once; the counts are at the recipe's own
size."""


def describe_cuts() -> Iterator[dict[str, Any]]:
    """Yield one row per recipe of the paper's nine networks, as published and as tuned.

    A row holds `recipe`, `backbone`, `size`, `train_from` (timm path of the first trained module),
    `also_train`, the counts of `hilum.learn.workload.Workload` at that size, without head, for a
    training from pretrained weights, and `total`: parameters and running statistics of the network
    with its head for two classes, as Keras counts. No weights are needed.
    """
    from hilum.learn.networks import build_network
    from hilum.learn.weights import Weights
    from hilum.learn.workload import count_with_statistics, count_workload

    for name in known_networks():
        for family in ("paper/", ""):
            recipe = load_recipe(f"{family}{name}")
            start = Weights.placeholder(recipe, (0.0,) * 3, (1.0,) * 3)
            small = recipe.model_copy(update={"input": recipe.input.model_copy(update=QUICK)})
            network = build_network(small, start, classes=2, frozen_random=True)
            counted = count_workload(network, size=recipe.input.size)
            yield {
                "recipe": f"{family}{name}",
                "backbone": recipe.timm_name,
                "size": recipe.input.size,
                "train_from": recipe.network.train_from,
                "also_train": list(recipe.network.also_train),
                **asdict(counted),
                "total": count_with_statistics(network),
            }
