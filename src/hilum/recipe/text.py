"""Recipes as TOML: built in, in a file, in text; read, changed, validated, written."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import tomli_w
from pydantic import ValidationError

from hilum.catalogue.networks import known_networks
from hilum.catalogue.suggest import nearest
from hilum.errors import RecipeError, UsageError
from hilum.recipe.recipe import Recipe
from hilum.recipe.sections import Training

__all__ = ["as_recipe", "built_in_recipes", "dump_recipe", "load_recipe", "parse_recipe"]

FAMILIES = ("paper", "robust")
"""Folders of built-in recipes, whose names are part of the recipes' names."""
ROBUST = "robust/mobilenetv2"
"""The recipe that those of other networks are derived from."""
NETWORK_NAME = r"[a-z][a-z0-9_]*(\.\w+)?"
"""timm's names, with or without a tag."""


def built_in_recipes() -> dict[str, str]:
    """Return name -> TOML text of the recipes that come with hilum, sorted by name."""
    folder = resources.files("hilum").joinpath("recipes")
    places = [("", folder), *((f"{name}/", folder.joinpath(name)) for name in FAMILIES)]
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
        name: a built-in recipe, such as "mobilenetv2" or "paper/vgg16"; "robust/NETWORK" for any
            network of timm; or the path of a file.
        changes: settings to change, each `section.key=value` as on the command line.

    Raises:
        UsageError: there is neither.
        RecipeError: the first wrong key or value.
    """
    built_in = built_in_recipes()
    if str(name) in built_in:
        return parse_recipe(built_in[str(name)], name=str(name), changes=changes)
    path = Path(name)
    if not path.is_file() and (derived := _robust_text(str(name), built_in)):
        return parse_recipe(derived, name=str(name), changes=changes)
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


def _robust_text(name: str, built_in: Mapping[str, str]) -> str:
    """Return the recipe robust/NETWORK of a network without one of its own; "" for other names.

    It is that of ROBUST with another backbone, frozen up to that network's own freeze point, and
    with hilum's usual learning rates: those of ROBUST were chosen on its own network.
    """
    network = name.removeprefix("robust/")
    if network == name or not re.fullmatch(NETWORK_NAME, network) or network.endswith(".toml"):
        return ""
    values = tomllib.loads(built_in[ROBUST])
    known = known_networks().get(network)
    values["title"] = f"{known.title if known else network}, robust"
    values["network"] |= {"backbone": network, "train_from": ""}
    values["training"] |= {
        rate: Training.model_fields[rate].default
        for rate in ("learning_rate", "backbone_learning_rate")
    }
    return tomli_w.dumps(values)


def _any_network(name: str) -> str:
    """Return the sentence on how to train a network of timm that has no recipe; "" for a path."""
    if not re.fullmatch(NETWORK_NAME, name) or name.endswith(".toml"):
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
