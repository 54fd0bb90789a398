"""The report's section on the sanity of maps: verdicts of the checks and their numbers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hilum.report.numbers import MISSING
from hilum.report.page import read_picture
from hilum.report.sanity.figures import GAMES, MEASURE_NAMES, ORDER_NAMES, stage_name
from hilum.report.statements import Statement

__all__ = ["sanity_content"]

Content = Mapping[str, Any]


def sanity_content(content: Content, folder: Path) -> dict[str, Any]:
    """Return what the section fills in, apart from its figures.

    Args:
        content: sanity.json.
        folder: the run folder.
    """
    stages, runs = content["randomisation"]["stages"], content["runs"]
    floor = content["different_slices"]
    return {
        "sanity": content,
        "sanity_measures": MEASURE_NAMES,
        "sanity_orders": ORDER_NAMES,
        "sanity_says": {
            "randomisation": _statement("randomisation", content["randomisation"]),
            "runs": [_statement("agreement", run) for run in runs],
            **{game: _statement(game, content[game]) for game in GAMES},
        },
        "sanity_stage_rows": [
            *(
                (stage_name(index, stage), stage, _empty(stage))
                for index, stage in enumerate(stages)
            ),
            ("different slices, as trained", floor, MISSING),
        ],
        "sanity_run_rows": [
            row
            for run in runs
            for row in (
                (run["name"], run, run["without_map"]),
                (f"{run['name']}, different slices", run["floor"], MISSING),
            )
        ],
        "sanity_sheet": read_picture("sanity/maps.png", folder)[0],
    }


_TITLES = {
    "randomisation": {
        "falls": ("The maps depend on what was learnt", "quiet"),
        "partly": ("Not clear whether the maps depend on what was learnt", "medium"),
        "stays": ("The maps do not depend on what was learnt", "strong"),
    },
    "agreement": {
        "agrees": ("the maps agree", "quiet"),
        "partly": ("the maps agree in part", "medium"),
        "differs": ("the maps agree no more than those of any two slices", "strong"),
    },
    "deletion": {
        "better": ("Deletion: the map finds what the network uses", "quiet"),
        "partly": ("Deletion: the map beats some control orders, not all", "medium"),
        "no better": ("Deletion: the map is no better than control orders", "strong"),
        "undefined": ("Deletion: not possible", "medium"),
    },
    "insertion": {
        "better": ("Insertion: the map finds what the network uses", "quiet"),
        "partly": ("Insertion: the map beats some control orders, not all", "medium"),
        "no better": ("Insertion: the map is no better than control orders", "strong"),
        "undefined": ("Insertion: not possible", "medium"),
    },
}
"""Check -> level -> title and weight."""


def _statement(check: str, content: Content) -> Statement:
    """Return the verdict of a check; an unknown level is shown as `strong`."""
    level = str(content["level"])
    title, weight = _TITLES[check].get(level, (f"{check}: {level}", "strong"))
    return Statement(title, str(content["sentence"]), weight)


def _empty(stage: Content) -> str:
    """Return of how many slices each draw's network gave no map."""
    return ", ".join(map(str, stage["without_map"]))
