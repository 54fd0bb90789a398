"""The audit's self-test: a planted shortcut is named, and phantoms without one pass."""

from __future__ import annotations

from pathlib import Path

import pytest
from planted_shortcuts import SHORTCUTS, plant

from hilum.progress import SILENT
from hilum.sources import BuildOptions, PhantomSettings, build_table
from hilum.steps.audit.facts import attributes_of, read_facts
from hilum.steps.audit.ranking import rank_attributes
from hilum.table import SliceTable


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> SliceTable:
    """80 slices of 40 patients, sources and labels crossed."""
    folder = tmp_path_factory.mktemp("phantoms")
    options = BuildOptions(phantom=PhantomSettings(patients=40, slices_per_patient=2, size=128))
    return build_table([("phantom", folder)], out=folder / "slices.csv", options=options).table


def ranked(table: SliceTable) -> list[dict[str, object]]:
    facts = read_facts(table, SILENT)
    return rank_attributes(table, attributes_of(table, facts)[0])


@pytest.mark.parametrize("shortcut", SHORTCUTS)
def test_a_planted_shortcut_is_named_first(
    shortcut: str, phantoms: SliceTable, tmp_path: Path
) -> None:
    rows = ranked(plant(phantoms, tmp_path / "planted", shortcut))
    assert (rows[0]["kind"], rows[0]["tells"]) == (SHORTCUTS[shortcut], True)


def test_phantoms_without_a_shortcut_pass(phantoms: SliceTable, tmp_path: Path) -> None:
    assert [
        row["name"] for row in ranked(plant(phantoms, tmp_path / "p", "")) if row["tells"]
    ] == []
    assert [row["name"] for row in ranked(phantoms) if row["tells"]] == []
