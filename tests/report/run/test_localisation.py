"""The localisation figures: a line for every map that has the figure, the network first."""

from __future__ import annotations

from typing import Any

from hilum.report.run.localisation import (
    MAP_TITLES,
    MetricPanel,
    localisation,
    panels_of,
    size_panels,
)


def figure(value: float | None) -> dict[str, Any]:
    spread = {"low": None, "high": None} if value is None else {"low": 0.0, "high": 2 * value}
    return {"value": value, **spread, "method": "bootstrap"}


def summary(n: int = 8, groups: int = 1) -> dict[str, Any]:
    content = {
        name: {"pointing": figure(0.1 * folder), "iou": figure(None if name == "chance" else 0.2)}
        for folder, name in enumerate(MAP_TITLES)
    }
    return {"n": n, "groups": groups, "per_slice": {"figures": content}}


def test_a_panel_has_a_line_for_every_map_that_has_the_figure() -> None:
    pointing, iou = panels_of(summary(), ("pointing", "iou"))
    assert [title for title, _ in pointing.bars] == list(MAP_TITLES.values())
    assert [title for title, _ in iou.bars] == list(MAP_TITLES.values())[:-1]  # not chance
    assert (pointing.title, iou.title) == ("Pointing game", "IoU")


def test_sizes_without_slices_have_no_panel() -> None:
    content = {"small": summary(), "medium": {"n": 0, "groups": 0}, "large": summary(1, 1)}
    titles = [panel.title for panel in size_panels(content, "pointing")]
    assert titles == ["Small: 8 slices of 1 group", "Large: 1 slice of 1 group"]


def test_every_title_stands_in_the_picture_and_zeros_alone_can_be_drawn() -> None:
    svg = localisation(
        [MetricPanel("Pointing game", [("Network", figure(0.0)), ("Edges", figure(0.0))])]
    )
    for text in ("Pointing game", "Network", "Edges"):
        assert f">{text}</text>" in svg
    assert svg == localisation(
        [MetricPanel("Pointing game", [("Network", figure(0.0)), ("Edges", figure(0.0))])]
    )
