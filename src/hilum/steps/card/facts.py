"""All that a model card rests on, read once from a run folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hilum.cam_maps import FACTS, MapsFacts, read_maps_facts
from hilum.catalogue.collections import KnownCollection, known_collections
from hilum.recipe import Recipe
from hilum.run import Run
from hilum.run.network import RunNetwork, network_facts
from hilum.run.trust import Trust, judge_trust
from hilum.storage.json_file import read_json
from hilum.table import SliceTable

__all__ = ["CardFacts", "read_card_facts"]


@dataclass(frozen=True)
class CardFacts:
    """What a run folder holds.

    Attributes:
        run: the folder.
        network, environment, metrics: network.json, typed, and the files of these names.
        recipe: None for an ensemble, which has none of its own.
        table: the slices.
        evaluations: metrics.json of each evaluation elsewhere.
        maps: what maps were made, None where there are none.
        collections: source -> what the catalogue knows of it; sources that it doesn't know are
            left out.
        trust: how far the run can be trusted.
    """

    run: Run
    network: RunNetwork
    environment: Mapping[str, Any]
    metrics: Mapping[str, Any]
    recipe: Recipe | None
    table: SliceTable
    evaluations: Sequence[Mapping[str, Any]]
    maps: MapsFacts | None
    collections: Mapping[str, KnownCollection]
    trust: Trust

    @property
    def sources(self) -> list[str]:
        """The sources of the slices, sorted."""
        return sorted(self.table.rows["source"].unique())

    @property
    def test(self) -> Mapping[str, Any]:
        """The metrics on the test slices, per slice."""
        block: Mapping[str, Any] = self.metrics["splits"]["test"]["per_slice"]
        return block

    @property
    def task(self) -> str:
        """What is told apart, such as "cancer or pneumonia"."""
        names = self.network.class_names
        return f"{', '.join(names[:-1])} or {names[-1]}"


def read_card_facts(run: Run) -> CardFacts:
    """Read what a card rests on.

    Raises:
        RunError: the run is not evaluated, or a file is broken.
        TableError: slices.csv is not a table.
    """
    network_facts(run)
    metrics, table = run.metrics(), run.table()
    elsewhere = sorted(run.elsewhere.glob("*/metrics.json")) if run.elsewhere.is_dir() else []
    known, sources = known_collections(), set(table.rows["source"])
    return CardFacts(
        run=run,
        network=run.description,
        environment=run.environment(),
        metrics=metrics,
        recipe=run.recipe() if run.recipe_file.is_file() else None,
        table=table,
        evaluations=[read_json(path) for path in elsewhere],
        maps=read_maps_facts(run.maps) if (run.maps / FACTS).is_file() else None,
        collections={name: known[name] for name in sorted(sources & set(known))},
        trust=judge_trust(run),
    )
