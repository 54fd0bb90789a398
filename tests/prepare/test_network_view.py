"""Slices as networks see them: as they are, or harmonised, decoded and cached alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawn_chest import chest
from PIL import Image

from hilum.prepare import decode_table, network_view, resize
from hilum.prepare.harmonise import harmonise
from hilum.storage.cache import list_entries
from hilum.table import SliceTable

MakeTable = Callable[..., SliceTable]


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_table: MakeTable) -> SliceTable:
    """A chest, and a blank picture."""
    monkeypatch.setenv("HILUM_CACHE", str(tmp_path / "cache"))
    Image.fromarray(chest()).save(tmp_path / "0.png")
    Image.fromarray(np.full((60, 90), 99, np.uint8)).save(tmp_path / "1.png")
    return make_table(2, folder=tmp_path, path=["0.png", "1.png"])


def test_slice_is_itself_unless_it_is_harmonised() -> None:
    grey = chest()
    assert network_view(grey, harmonised=False).pixels is grey
    seen, done = network_view(grey, harmonised=True), harmonise(grey)
    assert (seen.pixels == done.pixels).all()
    assert seen.placement == done.placement.text


def test_harmonised_table_is_decoded_so_and_cached_by_itself(table: SliceTable) -> None:
    with decode_table(table, size=64) as decoded:
        plain = np.array(decoded.grey[:])
        assert decoded.placements == ["", ""]
    for _ in range(2):  # decoded, then from the cache
        with decode_table(replace(table, harmonised=True), size=64) as decoded:
            done = harmonise(chest())
            assert (decoded.grey[:1][0] == resize(done.pixels, 64)).all()
            assert decoded.placements[0] == done.placement.text
            assert decoded.shapes.tolist() == [[200, 200], [60, 90]]
            assert decoded.notes[0] == ()
            assert decoded.notes[1][-1].startswith("Harmonised:")
    assert len(list_entries()) == 2
    with decode_table(table, size=64) as decoded:
        assert (decoded.grey[:] == plain).all()


def test_rows_of_a_cached_harmonised_table_keep_what_is_shown(table: SliceTable) -> None:
    full_table = replace(table, harmonised=True)
    with decode_table(full_table, size=64):
        pass
    part = full_table.where(full_table.rows["path"] == "1.png")
    with decode_table(part, size=64, full_table=full_table) as decoded:
        assert decoded.placements == ["60 90 0 0 0 60 90 192"]
