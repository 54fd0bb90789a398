"""The knobs of `hilum tune`: tunable hyperparameters, their ranges, and the resulting recipes."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any, NamedTuple

from hilum.catalogue.suggest import nearest
from hilum.errors import UsageError
from hilum.recipe import Recipe, as_recipe

__all__ = [
    "OWN",
    "Knob",
    "all_knobs",
    "apply_values",
    "choose_knobs",
    "free_knobs",
    "own_values",
    "spaces_of",
]

OWN = "recipe"
"""The choice that keeps the recipe's own setting."""

Space = tuple[float, float] | tuple[str, ...]
"""Lowest and highest value, or the choices as JSON, the recipe's own first."""


class Knob(NamedTuple):
    """One table of knobs.toml, where each field is explained."""

    name: str
    sets: str
    low: float = 0.0
    high: float = 0.0
    choices: tuple[Any, ...] = ()


@cache
def all_knobs() -> dict[str, Knob]:
    """Return name -> knob, in the order of knobs.toml."""
    text = resources.files("hilum.steps.tune").joinpath("knobs.toml").read_text(encoding="utf-8")
    return {
        name: Knob(name, **{**row, "choices": tuple(row.get("choices", ()))})
        for name, row in tomllib.loads(text).items()
    }


def choose_knobs(names: Iterable[str] = ()) -> list[Knob]:
    """Return the knobs called `names`, all where none is named, in the order of knobs.toml.

    Raises:
        UsageError: there is no such knob; the message names the nearest.
    """
    known, wanted = all_knobs(), set(names)
    for name in sorted(wanted - known.keys()):
        raise UsageError(
            f"there is no knob {name!r}; there are {', '.join(known)}.{nearest(name, list(known))}"
        )
    return [knob for name, knob in known.items() if not wanted or name in wanted]


def free_knobs(changes: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the names of the knobs that `--set` leaves free, and those that it fixes.

    Args:
        changes: `section.key=value` each, as `hilum.recipe.parse_recipe` takes them.

    Raises:
        UsageError: every knob is fixed.
    """
    settings = {change.partition("=")[0].strip() for change in changes}
    fixed = [name for name, knob in all_knobs().items() if knob.sets in settings]
    free = [name for name in all_knobs() if name not in fixed]
    if not free:
        raise UsageError("--set fixes every knob, and nothing is left to tune; leave one out.")
    return free, fixed


def spaces_of(knobs: Iterable[Knob], recipe: Recipe) -> dict[str, Space]:
    """Return knob name -> its range or choices, which always include the recipe's own setting."""
    spaces: dict[str, Space] = {}
    for knob in knobs:
        own = _own(recipe, knob)
        if knob.choices:
            others = [choice for choice in knob.choices if _plain(choice) != _plain(own)]
            spaces[knob.name] = (OWN, *(json.dumps(choice) for choice in others))
        else:
            spaces[knob.name] = (min(knob.low, own), max(knob.high, own))
    return spaces


def own_values(knobs: Iterable[Knob], recipe: Recipe) -> dict[str, float | str]:
    """Return knob name -> the value that leaves the recipe unchanged."""
    return {knob.name: OWN if knob.choices else float(_own(recipe, knob)) for knob in knobs}


def apply_values(
    recipe: Recipe, values: Mapping[str, float | str], freeze_point_at: Callable[[float], str]
) -> Recipe:
    """Return the recipe with its knobs set to `values`, validated like any other.

    Args:
        recipe: a complete one.
        values: knob name -> a number of its range, or one of its choices as JSON, or OWN.
        freeze_point_at: returns the clean freeze point nearest to a share of the layers.
    """
    content: dict[str, Any] = recipe.model_dump()
    chosen = {name: _parsed(value) for name, value in values.items() if value != OWN}
    if "hidden" in chosen:
        content["network"]["hidden"] = tuple(chosen["hidden"])
        content["network"]["dropout"] = _stretched(
            recipe.network.dropout, len(chosen["hidden"]) + 1
        )
    if "dropout" in chosen:
        places = len(content["network"]["hidden"]) + 1
        content["network"]["dropout"] = (float(chosen["dropout"]),) * places
    if "frozen" in chosen:
        content["network"]["train_from"] = freeze_point_at(float(chosen["frozen"]))
        content["network"]["also_train"] = ()
    for name in chosen.keys() - {"hidden", "dropout", "frozen"}:
        section, _, key = all_knobs()[name].sets.partition(".")
        content[section][key] = chosen[name]
    return as_recipe(Recipe.model_validate(content))


def _own(recipe: Recipe, knob: Knob) -> Any:
    """Return the recipe's own setting of a knob; for dropout the common rate, or the list."""
    section, _, key = knob.sets.partition(".")
    own = getattr(getattr(recipe, section), key)
    if knob.name == "dropout":
        rates = set(own or (0.0,))
        return rates.pop() if len(rates) == 1 else own
    return own


def _plain(value: Any) -> Any:
    """Return lists as tuples, so that they can be compared."""
    return tuple(value) if isinstance(value, list) else value


def _parsed(value: float | str) -> Any:
    """Return the value of a choice."""
    return json.loads(value) if isinstance(value, str) else value


def _stretched(rates: tuple[float, ...], places: int) -> tuple[float, ...]:
    """Return dropout rates for another number of layers: the last one is repeated."""
    return (*rates, *(rates[-1:] or (0.0,)) * places)[:places]
