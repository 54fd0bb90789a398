"""A recipe: every setting of one training."""

from __future__ import annotations

from typing import Any

from pydantic import model_validator

from hilum.catalogue.networks import known_networks
from hilum.recipe.sections import Augmentation, Classes, Crossing, Input, Network, Section, Training

__all__ = ["Recipe"]

KNOWN_SIZE = 224
"""Pixels that a network of networks.toml sees where the recipe doesn't say."""


class Recipe(Section):
    """All settings of one training."""

    title: str = ""
    classes: Classes = Classes()
    network: Network
    input: Input = Input()
    training: Training = Training()
    augmentation: Augmentation = Augmentation()
    crossing: Crossing = Crossing()

    @model_validator(mode="before")
    @classmethod
    def _fill_from_known(cls, values: Any) -> Any:
        """Fill head, cut and input size of a network that networks.toml knows."""
        network = values.get("network") if isinstance(values, dict) else None
        if not isinstance(network, dict):
            return values
        known = known_networks().get(str(network.get("backbone")))
        if known is None:
            return values
        dense = {"hidden": known.hidden, "dropout": known.dropout}
        facts = {
            "train_from": known.train_from, **({} if network.get("head") == "map" else dense),
        }  # fmt: skip
        filled = {**facts, **{key: value for key, value in network.items() if value != ""}}
        input_values = values.get("input", {})
        sized = (
            {"size": KNOWN_SIZE, **input_values} if isinstance(input_values, dict) else input_values
        )
        return {"title": known.title, **values, "network": filled, "input": sized}

    @model_validator(mode="after")
    def _classes_differ(self) -> Recipe:
        """Refuse a class that is named twice."""
        names = self.classes.names
        if len(set(names)) < len(names):
            raise ValueError(f"[classes] names must differ, got {', '.join(names)}")
        return self

    @model_validator(mode="after")
    def _head_fits(self) -> Recipe:
        """Refuse a dropout list that doesn't fit the dense layers, and layers of a map."""
        hidden, dropout = self.network.hidden, self.network.dropout
        if self.network.head == "map" and (hidden or dropout):
            raise ValueError(
                '[network] hidden and dropout are of the head "pooled": leave them empty where '
                f'head is "map", got {list(hidden)} and {list(dropout)}'
            )
        if dropout and len(dropout) != len(hidden) + 1:
            raise ValueError(
                f"[network] dropout needs {len(hidden) + 1} values (after the pooled features "
                f"and after each of the {len(hidden)} dense layers), got {len(dropout)}"
            )
        return self

    @model_validator(mode="after")
    def _roles_fit(self) -> Recipe:
        """Refuse one class in two roles, and made lesions of which none is made."""
        classes, crossing = self.classes, self.crossing
        for role, name in (
            ("[classes] positive", classes.positive),
            ("[crossing] opacity_class", crossing.opacity_class),
        ):
            if name and name == classes.healthy:
                raise ValueError(f"{role} must differ from [classes] healthy, got {name} for both")
        removals = crossing.removals and classes.healthy
        if crossing.share and not (
            crossing.transplants or crossing.drawn or crossing.opacities or removals
        ):
            raise ValueError(
                "[crossing] share needs a way to make slices: transplants, drawn or opacities "
                "above 0, or removals and [classes] healthy; without any set share to 0"
            )
        return self

    @model_validator(mode="after")
    def _parts_fit(self) -> Recipe:
        """Refuse a loss on a map that the head does not give, and views of slices that change."""
        if self.training.lesion_loss and self.network.head != "map":
            raise ValueError(
                '[training] lesion_loss needs the head that gives a map: set network.head to "map"'
            )
        if self.training.restricted and self.training.loss != "softmax":
            raise ValueError('[training] restricted needs the loss "softmax"')
        wide = self.augmentation.tone or self.augmentation.sharpness or self.augmentation.noise
        if self.training.views and (wide or self.crossing.share):
            raise ValueError(
                "[training] views must be 0 where slices change from epoch to epoch "
                "([augmentation] tone, sharpness, noise, or [crossing])"
            )
        return self

    @property
    def timm_name(self) -> str:
        """The backbone's name in timm."""
        known = known_networks().get(self.network.backbone)
        return known.timm if known else self.network.backbone
