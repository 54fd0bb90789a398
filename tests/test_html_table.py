"""The small HTML table, and the slice table that shows itself as one."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from hilum.html_table import html_table
from hilum.table import SliceTable, check_rows

HOSTILE = "<script>alert(1)</script>"


def test_caption_header_rows_and_notes_are_shown_in_order() -> None:
    html = html_table("Three slices", ["", "test"], [("auc", 0.5)], notes="By group.")
    assert html.startswith('<table><caption style="text-align: left">Three slices</caption>')
    assert "<thead><tr><th></th><th>test</th></tr></thead>" in html
    assert '<th scope="row" style="text-align: left">auc</th><td>0.5</td>' in html
    assert html.endswith("</tbody></table><p>By group.</p>")


def test_every_text_is_escaped() -> None:
    html = html_table(HOSTILE, [HOSTILE], [(HOSTILE, HOSTILE)], notes=HOSTILE)
    assert "<script" not in html
    assert html.count("&lt;script&gt;") == 5


def test_without_names_of_columns_there_is_no_header() -> None:
    assert "<thead>" not in html_table("Run", [], [("kind", "network")])


def _table(splits: str) -> SliceTable:
    rows = {
        "slice_id": list("abcd"),
        "path": ["a.png", "b.png", "c.png", "d.png"],
        "label": ["cancer", "cancer", "cancer", HOSTILE],
        "group": ["p1", "p1", "p2", "p3"],
        "source": ["x", "x", "y", "y"],
        "split": splits.split(","),
    }
    return SliceTable(check_rows(pd.DataFrame(rows), name="slices.csv"), Path())


def test_a_table_shows_slices_and_groups_by_label_and_split() -> None:
    html = _table("train,train,test,test")._repr_html_()
    assert "slices.csv: 4 slices (3 groups)" in html
    assert "<th>label</th><th>train</th><th>test</th>" in html
    assert "cancer</th><td>2 (1)</td><td>1 (1)</td>" in html
    assert "<td>–</td><td>1 (1)</td>" in html
    assert "Sources: x, y" in html
    assert "<script" not in html


def test_a_table_that_was_not_split_says_so() -> None:
    html = _table(",,,")._repr_html_()
    assert "<th>label</th><th>no split</th>" in html
