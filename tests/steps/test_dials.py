"""The two dials of the phantoms: what only the source tells, the border probe finds; what only
the lesion tells, it does not."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from hilum.recipe import load_recipe
from hilum.sources import BuildOptions, PhantomSettings, build_table
from hilum.splits import split_table
from hilum.steps.evaluate import evaluate
from hilum.steps.train import train

FRACTIONS = (0.6, 0.15, 0.25)
"""More test slices than usual: narrow intervals out of few phantoms."""


EASY = ("training.epochs=6", "input.size=64")
"""A source is seen at once, and in little."""


class Figures(NamedTuple):
    """AUC on the test slices: value and interval, of the network and of the border probe."""

    network: dict[str, Any]
    probe: dict[str, Any]
    design: str


def _figures(
    folder: Path, *, link: float, lesions: float, patients: int, changes: tuple[str, ...] = ()
) -> Figures:
    """Go the road on phantoms drawn with the dials as given."""
    phantoms = PhantomSettings(
        patients=patients, slices_per_patient=2, lesions=lesions, link=link, size=128
    )
    built = build_table(
        [("phantom", folder)], out=folder / "slices.csv", options=BuildOptions(phantom=phantoms)
    )
    table = split_table(built.table, fractions=FRACTIONS)
    recipe = load_recipe("phantom", changes)
    metrics = evaluate(train(table, recipe, out=folder / "run", weights="none"))
    network = metrics["splits"]["test"]["per_slice"]["figures"]["auc"]
    return Figures(network, metrics["border_probe"]["test"]["auc"], metrics["design"]["level"])


def test_where_only_the_source_tells_the_class_the_border_finds_it_and_so_does_the_network(
    tmp_path: Path,
) -> None:
    told = _figures(tmp_path, link=1, lesions=0, patients=60, changes=EASY)
    assert told.design == "confounded"
    assert told.probe["value"] >= 0.95
    assert told.network["value"] >= 0.95


def test_where_only_the_lesion_tells_the_class_the_border_is_at_chance_and_the_network_is_not(
    tmp_path: Path,
) -> None:
    told = _figures(tmp_path, link=0, lesions=1, patients=140)
    assert told.design == "crossed"
    assert told.probe["low"] <= 0.5 <= told.probe["high"]
    assert told.network["low"] > 0.5
