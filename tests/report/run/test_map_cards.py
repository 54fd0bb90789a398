"""Grad-CAM pictures are put into the page, or named with the reason why not."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from hilum.errors import RunError
from hilum.report.page import LARGEST_PICTURE
from hilum.report.run.map_cards import map_cards
from hilum.table import read_csv

MakeRun = Callable[..., Path]


def shown_with(run: Path, column: str, cell: str) -> pd.DataFrame:
    rows = read_csv(run / "maps" / "shown.csv").head(1)
    return rows.assign(**{column: cell})


def test_cards_stand_in_their_row_and_hold_the_picture(make_run: MakeRun) -> None:
    run = make_run()
    cards = map_cards(read_csv(run / "maps" / "shown.csv"), run)
    assert {kind: len(row) for kind, row in cards.items()} == {"sure": 2, "unsure": 2, "wrong": 2}
    card = cards["sure"][0]
    content = base64.b64decode(card.data.removeprefix("data:image/png;base64,"))
    assert content == (run / "maps/pictures/0.png").read_bytes()
    assert card.probability == "0.99"
    assert card.note == ""


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("zero map", "The map is zero everywhere"),
        ("not finite", "The map is not finite"),
        ("odd", "State of the map: odd."),
    ],
)
def test_a_map_that_shows_nothing_says_so(make_run: MakeRun, state: str, words: str) -> None:
    run = make_run()
    cards = map_cards(shown_with(run, "state", state), run)
    assert words in cards["sure"][0].note


@pytest.mark.parametrize("name", ["", "maps/none.png", "../outside.png", "maps"])
def test_a_picture_that_is_missing_or_outside_is_not_read(make_run: MakeRun, name: str) -> None:
    run = make_run()
    (run.parent / "outside.png").write_bytes((run / "maps/pictures/0.png").read_bytes())
    card = map_cards(shown_with(run, "picture", name), run)["sure"][0]
    assert card.data == ""
    assert card.note == "The picture is missing from the run folder."


def test_a_file_that_is_no_png_is_not_shown(make_run: MakeRun) -> None:
    run = make_run()
    (run / "maps/pictures/0.png").write_text("<svg onload='x'>", encoding="utf-8")
    card = map_cards(shown_with(run, "state", "ok"), run)["sure"][0]
    assert (card.data, card.note) == ("", "The picture is not a PNG file.")


def test_a_huge_picture_is_named_instead(make_run: MakeRun) -> None:
    run = make_run()
    (run / "maps/pictures/0.png").write_bytes(bytes(LARGEST_PICTURE + 1))
    card = map_cards(shown_with(run, "state", "ok"), run)["sure"][0]
    assert card.data == ""
    assert "too large for this page" in card.note


def test_a_table_of_maps_with_another_kind_is_refused(make_run: MakeRun) -> None:
    run = make_run()
    with pytest.raises(RunError, match=r"kind must be one of sure, unsure, wrong; got 'best'"):
        map_cards(shown_with(run, "kind", "best"), run)


def test_a_table_of_maps_without_a_column_is_refused(make_run: MakeRun) -> None:
    run = make_run()
    rows = shown_with(run, "state", "ok").drop(columns="target")
    with pytest.raises(RunError, match=r"lacks the column 'target'; run: hilum explain"):
        map_cards(rows, run)
