"""The figures of a run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.figure import Figure

from hilum.errors import RunError
from hilum.report.canvas import NETWORK, draw, inline
from hilum.report.run.confusion import confusion
from hilum.report.run.figures import auc_bars, drawings
from hilum.report.run.files import read_run_files
from hilum.run.history import numeric_history

MakeRun = Callable[..., Path]


def test_a_full_run_has_every_figure(make_run: MakeRun) -> None:
    found = drawings(read_run_files(make_run()))
    assert sorted(found) == ["confusion", "confusion_groups", "curves", "intervals", "roc"]
    assert "cancer predicted as pneumonia: 1" in found["confusion"].description
    assert "Border, per slice: AUC 0.993 (0.982–0.999)" in found["intervals"].description


def test_figures_without_numbers_are_left_out(
    make_run: MakeRun, change_json: Callable[..., None]
) -> None:
    run = make_run()
    (run / "history.csv").unlink()

    def forget(metrics: dict[str, dict[str, dict[str, dict[str, object]]]]) -> None:
        metrics["splits"]["test"]["per_slice"].pop("roc")
        metrics["splits"]["test"]["per_group"].pop("confusion")

    change_json(run / "metrics.json", forget)
    assert sorted(drawings(read_run_files(run))) == ["confusion", "intervals"]


def test_network_and_border_stand_next_to_each_other(make_run: MakeRun) -> None:
    labels = [bar.label for bar in auc_bars(read_run_files(make_run()).metrics)]
    assert labels == ["Network, per slice", "Border, per slice", "Network, per group"]


def test_drawing_leaves_the_settings_of_matplotlib_alone() -> None:
    before = dict(mpl.rcParams)
    confusion([[3, 1], [0, 4]], ["cancer", "pneumonia"])
    assert dict(mpl.rcParams) == before


def test_a_name_with_dollars_tags_and_strange_letters_is_only_text() -> None:
    svg = confusion([[3, 1], [0, 4]], ["<i>$\\frac$", "肺炎 --> $"])
    assert "&lt;i&gt;$\\frac$" in svg
    assert "<i>" not in svg


def test_an_inlined_figure_has_ids_of_its_own_and_refers_nowhere() -> None:
    def paint(figure: Figure) -> None:
        figure.add_subplot().plot([0, 1], [0, 1], color=NETWORK)

    svg = draw((2, 2), paint)
    page = inline(svg, "first", 'A "line" \\1 & more')
    assert page.startswith('<svg viewBox="0 0 144 144" role="img"')
    assert 'aria-label="A &#34;line&#34; \\1 &amp; more"' in page
    assert "http" not in page
    assert page.count('id="') == page.count('id="first-')
    assert NETWORK not in page
    assert "stroke: var(--network)" in page


def test_a_history_without_a_column_or_with_words_is_refused() -> None:
    rows = pd.DataFrame({"epoch": ["1"], "train_loss": ["0.5"]})
    with pytest.raises(RunError, match=r"history.csv lacks the column 'validation_loss'"):
        numeric_history(rows)
    rows = rows.assign(validation_loss="", validation_accuracy="1", validation_auc="x", best="1")
    with pytest.raises(RunError, match=r"history.csv must hold numbers"):
        numeric_history(rows)
    assert numeric_history(rows.assign(validation_auc="0.5"))["validation_loss"].isna().all()
