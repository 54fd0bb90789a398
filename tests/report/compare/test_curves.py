"""Curves of a comparison: one figure for each run that has a history."""

from __future__ import annotations

from typing import Any

import pytest

from hilum.report.compare import curves
from hilum.report.compare.curves import small_curves
from hilum.report.compare.page import comparison_drawings, render_comparison


def test_curves_are_drawn_of_runs_that_have_a_history(compared: dict[str, Any]) -> None:
    found = comparison_drawings(compared)
    assert [name for name in found if name.startswith("curves")] == ["curves_1"]
    page = render_comparison(compared)
    assert "Without a training history of their own: VGG19, random weights." in page


def row(epoch: int, **changes: float | None) -> dict[str, Any]:
    return {
        "epoch": epoch, "train_loss": 0.5, "validation_loss": 0.8, "validation_accuracy": 0.7,
        "validation_auc": 0.75, "best": 0, **changes,
    }  # fmt: skip


def run(name: str, rows: list[dict[str, Any]] | None, border: float | None = None) -> Any:
    return {"name": name, "history": rows, "border_validation_auc": border}


def test_each_run_with_a_history_has_a_figure_and_a_border_where_it_is_known() -> None:
    drawn = small_curves(
        [run("first", [row(1), row(2, best=1)], 0.6), run("none", None), run("last", [row(1)])]
    )
    assert len(drawn) == 2
    assert [("Border alone, AUC" in svg) for svg in drawn] == [True, False]
    assert ["first" in drawn[0], "last" in drawn[1]] == [True, True]


def test_scales_are_those_of_all_runs_so_that_figures_compare(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits = []
    monkeypatch.setattr(curves, "_curves", lambda run, name, **scale: limits.append(scale))
    small_curves([run("a", [row(1, train_loss=2.0)]), run("b", [row(1, validation_auc=0.4)])])
    assert limits[0] == limits[1] == {"top": pytest.approx(2.1), "bottom": pytest.approx(0.37)}


def test_values_that_are_not_known_leave_scales_at_their_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits = []
    monkeypatch.setattr(curves, "_curves", lambda run, name, **scale: limits.append(scale))
    unknown = {name: None for name in row(1) if name not in ("epoch", "best")}
    small_curves([run("a", [row(1, **unknown)])])
    assert limits == [{"top": 1.05, "bottom": pytest.approx(0.92)}]
