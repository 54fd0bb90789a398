"""A recipe: every setting of one training, read from TOML and validated."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

import tomli_w
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from hilum.catalogue.networks import known_networks
from hilum.catalogue.suggest import nearest
from hilum.errors import RecipeError, UsageError

__all__ = [
    "Augmentation",
    "Classes",
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

Share = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
Whole = Annotated[int, Field(ge=1)]

FEWEST_PIXELS, MOST_PIXELS = 32, 2048
"""Sides of an input: below, networks run out of map; above, processors out of memory."""
KNOWN_SIZE = 224
"""Pixels that a network of networks.toml sees where the recipe doesn't say."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


class Classes(_Section):
    """[classes]: what the network tells apart."""

    names: tuple[str, ...] = ()
    """Class names in the order of the network's outputs; empty: the table's labels, sorted."""
    positive: str = "cancer"
    """The class that precision, recall, specificity, F1 and AUC speak of."""


class Network(_Section):
    """[network]: backbone, what of it is trained, and the head on top."""

    backbone: str
    """A name of `hilum networks`, or any of timm's, with or without a tag: resnet50.a1_in1k."""
    train_from: str = ""
    """timm path of the first module that is trained; "all": the whole network, "head": none of
    the backbone. Empty: as networks.toml says, or, for another network, the clean boundary that
    freezes nearest to 70 % of the layers; with random weights always "all"."""
    also_train: tuple[str, ...] = ()
    """timm paths of modules before `train_from` that are trained too: a cut across branches."""
    frozen_batchnorm: Literal["stored", "batch"] = "stored"
    """What frozen batch norm runs on while training: its stored statistics; or "batch": those of
    the batch, the stored ones left as they are, which is what the published code did."""
    batchnorm_momentum: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of a batch in the running statistics of the backbone (torch's momentum, 1 minus
    Keras'); 0: timm's own."""
    batchnorm_eps: Annotated[float, Field(ge=0)] = 0.0
    """Added to the variance in the backbone's batch norm; 0: timm's own."""
    hidden: tuple[Whole, ...] = ()
    """Units of the head's dense layers."""
    dropout: tuple[Share, ...] = ()
    """After the pooled features and after each dense layer: one more than `hidden`."""


class Input(_Section):
    """[input]: what the network sees."""

    size: Annotated[int, Field(ge=0, le=MOST_PIXELS)] = 0
    """Side of the square that a slice is resized to, pixels, 32 to 2048; 0: as the weights'
    configuration in timm says. Left out, it is 224 for the networks of networks.toml."""
    scaling: Literal["weights", "zero-one", "minus-one-one", "train-mean"] = "weights"
    """What the backbone gets: grey levels by the weights' own mean and std; 0 to 1; -1 to 1; or
    grey levels 0 to 255 less the mean of the training slices."""

    @field_validator("size")
    @classmethod
    def _enough_pixels(cls, size: int) -> int:
        """Refuse a side that is neither told nor 0."""
        if 0 < size < FEWEST_PIXELS:
            raise ValueError(
                f"[input] size must be {FEWEST_PIXELS} to {MOST_PIXELS} pixels, or 0: as the "
                f"weights' configuration says; got {size}"
            )
        return size


class Training(_Section):
    """[training]: the optimiser and its schedule."""

    epochs: Whole = 10
    batch_size: Annotated[int, Field(ge=2)] = 16
    """Slices a step, over all processes together."""
    loss: Literal["softmax", "sigmoid"] = "softmax"
    """Cross-entropy on the softmax over the classes, or the mean over one sigmoid a class."""
    learning_rate: Positive = 1e-3
    backbone_learning_rate: Positive = 1e-4
    """Of the trained part of the backbone."""
    optimizer: Literal["adamw", "keras-adam"] = "adamw"
    """"keras-adam": Adam as Keras has it, epsilon added before bias correction; no decay."""
    epsilon: Positive = 1e-8
    """Of the optimiser."""
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    warmup_epochs: Annotated[float, Field(ge=0)] = 1.0
    """Epochs over which the learning rate rises linearly; after them it falls as a cosine."""
    schedule: Literal["cosine", "constant"] = "cosine"
    """"constant": the full learning rate at every step."""
    class_weights: Literal["none", "balanced"] = "none"
    """"balanced": each class weighs the same in the loss, however many slices it has."""
    patience: Annotated[int, Field(ge=0)] = 0
    """Stop after so many epochs without a better validation; 0: never."""
    select_by: Literal["loss", "auc", "accuracy"] = "loss"
    """Which validation figure decides the best epoch; ties go to the lower loss. The loss is the
    default: on a few patients AUC and accuracy jump, and on easy data they stand at 1."""
    keep: Literal["best", "last"] = "best"
    """Which epoch's network is kept; the published code evaluates the last one."""
    seed: Annotated[int, Field(ge=0, lt=2**31)] = 0
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """"auto": float32; but bfloat16 on a GPU that computes with it, and on a processor that does,
    where a step of this network, measured when the training begins, is clearly faster in it."""
    views: Annotated[int, Field(ge=0, le=1000)] = 0
    """Augmented views of each slice, which take turns from epoch to epoch; 0: a new one in every
    epoch. With few of them the frozen part of the network need not run in every epoch. Where
    nothing is frozen it is 0."""
    compile: bool = False
    """Have torch.compile write the network's code anew for this machine: worth its minutes on a
    GPU and over many epochs; needs a C++ compiler."""
    frozen_once: Literal["auto", "yes", "no"] = "auto"
    """Run the frozen part once for each view and keep what it gives on disk, in half precision;
    "auto": where that is faster, by times measured when the training begins."""


class Augmentation(_Section):
    """[augmentation]: drawn for each slice and epoch; the defaults are the paper's."""

    rotation: Annotated[float, Field(ge=0, le=180)] = 10.0
    """Degrees, uniform between minus and plus."""
    shift: Share = 0.2
    """Share of the side, each axis, uniform between minus and plus."""
    zoom: Share = 0.2
    """Each axis is scaled by a factor of its own, uniform from 1 - zoom to 1 + zoom."""
    shear: Annotated[float, Field(ge=0, lt=90)] = 0.15
    """Degrees, uniform between minus and plus."""
    horizontal_flip: bool = True
    """With probability one half."""
    vertical_flip: bool = True


class Recipe(_Section):
    """All settings of one training."""

    title: str = ""
    classes: Classes = Classes()
    network: Network
    input: Input = Input()
    training: Training = Training()
    augmentation: Augmentation = Augmentation()

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
        facts = {"train_from": known.train_from, "hidden": known.hidden, "dropout": known.dropout}
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
        """Refuse a dropout list that doesn't fit the dense layers."""
        hidden, dropout = self.network.hidden, self.network.dropout
        if dropout and len(dropout) != len(hidden) + 1:
            raise ValueError(
                f"[network] dropout needs {len(hidden) + 1} values (after the pooled features "
                f"and after each of the {len(hidden)} dense layers), got {len(dropout)}"
            )
        return self

    @property
    def timm_name(self) -> str:
        """The backbone's name in timm."""
        known = known_networks().get(self.network.backbone)
        return known.timm if known else self.network.backbone


def built_in_recipes() -> dict[str, str]:
    """Return name -> TOML text of the recipes that come with hilum, sorted by name."""
    folder = resources.files("hilum").joinpath("recipes")
    places = [("", folder), ("paper/", folder.joinpath("paper"))]
    found = {
        prefix + file.name.removesuffix(".toml"): file.read_text(encoding="utf-8")
        for prefix, location in places
        for file in location.iterdir()
        if file.name.endswith(".toml")
    }
    return dict(sorted(found.items()))


def as_recipe(recipe: Recipe | Path | str, changes: Iterable[str] = ()) -> Recipe:
    """Return `recipe` itself, or load it by name or path; `changes` as in `parse_recipe`."""
    if isinstance(recipe, Recipe):
        return parse_recipe(dump_recipe(recipe), name="recipe", changes=changes)
    return load_recipe(recipe, changes)


def load_recipe(name: Path | str, changes: Iterable[str] = ()) -> Recipe:
    """Return the built-in recipe called `name`, or the one in the TOML file `name`.

    Args:
        name: a built-in recipe, such as "mobilenetv2" or "paper/vgg16", or the path of a file.
        changes: settings to change, each `section.key=value` as on the command line.

    Raises:
        UsageError: there is neither.
        RecipeError: the first wrong key or value.
    """
    built_in = built_in_recipes()
    if str(name) in built_in:
        return parse_recipe(built_in[str(name)], name=str(name), changes=changes)
    path = Path(name)
    if not path.is_file():
        raise UsageError(
            f"there is no recipe {str(name)!r}, neither built in ({', '.join(built_in)}) nor as a "
            f"file.{nearest(str(name), list(built_in))}{_any_network(str(name))}"
        )
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise RecipeError(f"{path.name}: a recipe must be UTF-8 text, and this isn't.") from None
    return parse_recipe(text, name=path.name, changes=changes)


def _any_network(name: str) -> str:
    """Return the sentence on how to train a network of timm that has no recipe; "" for a path."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*(\.\w+)?", name) or name.endswith(".toml"):
        return ""
    return (
        f" A recipe may name any network of timm: write the three lines [network], "
        f'backbone = "{name}" and train_from = "" into {name}.toml, and give '
        f"--recipe {name}.toml."
    )


def parse_recipe(text: str, *, name: str, changes: Iterable[str] = ()) -> Recipe:
    """Return the recipe written in the TOML `text`.

    Args:
        text: TOML.
        name: what messages call it.
        changes: single settings to change, such as "training.epochs=3"; the value is TOML (bare
            words count as text).

    Raises:
        RecipeError: not TOML, or the first wrong key or value, in one sentence.
        UsageError: a change is not of the form section.key=value.
    """
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{name}: not TOML: {error}.") from None
    for change in changes:
        _change(values, change)
    try:
        return Recipe.model_validate(_as_tuples(values))
    except ValidationError as error:
        raise RecipeError(f"{name}: {_sentence(error)}") from None


def dump_recipe(recipe: Recipe) -> str:
    """Return `recipe` as TOML, every default filled in."""
    return tomli_w.dumps(recipe.model_dump(mode="json"))


def _change(values: dict[str, Any], change: str) -> None:
    """Apply one "section.key=value" to the nested `values`."""
    key, equals, value = change.partition("=")
    section, dot, setting = key.strip().partition(".")
    if not (equals and (dot or section == "title")):
        raise UsageError(
            f"a change of the recipe reads section.key=value, such as training.epochs=3; "
            f"got {change!r}."
        )
    try:
        parsed = tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        parsed = value.strip()
    if _is_text(section, setting) and not isinstance(parsed, str):
        parsed = value.strip()  # a class may be called 1
    target = values.setdefault(section, {}) if dot else values
    if isinstance(target, dict):
        target[setting if dot else section] = parsed


def _is_text(section: str, setting: str) -> bool:
    """Whether a setting of the recipe is text."""
    field = Recipe.model_fields.get(section)
    if field is None or not setting:
        return field is not None and field.annotation is str
    inner = getattr(field.annotation, "model_fields", {}).get(setting)
    return inner is not None and inner.annotation is str


def _as_tuples(values: Any) -> Any:
    """Turn TOML's lists into tuples, which frozen sections hold, and keep the rest."""
    if isinstance(values, dict):
        return {key: _as_tuples(value) for key, value in values.items()}
    return tuple(values) if isinstance(values, list) else values


def _sentence(error: ValidationError) -> str:
    """Say the first thing that is wrong, where it stands, and what was got."""
    first = error.errors()[0]
    location = [str(part) for part in first["loc"]]
    where = f"[{location[0]}] {'.'.join(location[1:])}" if len(location) > 1 else ".".join(location)
    if first["type"] == "extra_forbidden":
        section = Recipe.model_fields[location[0]].annotation if len(location) > 1 else Recipe
        keys = list(getattr(section, "model_fields", {}))
        return f"{where} is no setting of a recipe.{nearest(location[-1], keys)}"
    if first["type"] == "missing":
        return f"{where} is missing."
    message = first["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if first["type"] == "value_error":
        return f"{message}."
    return f"{where} {message}; got {first['input']!r}."
