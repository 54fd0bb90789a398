"""What is unusual about files reaches every command, not predict alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hilum.readers.picture_checks import CONSTANT, ELONGATED
from hilum.table import read_csv, write_csv

pytestmark = pytest.mark.timeout(600)


def test_a_constant_and_an_elongated_slice_are_noted_on_the_whole_road(
    workdir: Path, hilum: Callable[..., Any], train: Callable[..., Any], tmp_path: Path
) -> None:
    slices, run = workdir / "slices.csv", tmp_path / "run"
    rows = read_csv(slices)
    constant, elongated = rows.index[rows["split"] == "test"][:2]
    rows.loc[[constant, elongated], ["boxes", "mask"]] = ""
    write_csv(rows, slices)
    Image.fromarray(np.full((96, 96), 70, np.uint8)).save(workdir / rows["path"][constant])
    ramp = np.arange(20 * 100, dtype=np.uint32).reshape(20, 100).astype(np.uint8)
    Image.fromarray(ramp).save(workdir / rows["path"][elongated])

    trained = train(slices, run)
    for note in (CONSTANT, ELONGATED):
        assert f"1 of {len(rows)} slices: {note}" in trained.err

    assert hilum("evaluate", run).code == 0
    notes = json.loads((run / "metrics.json").read_text(encoding="utf-8"))["notes"]
    assert notes["slices"] == 2
    label_of = {CONSTANT: rows["label"][constant], ELONGATED: rows["label"][elongated]}
    for kind in notes["kinds"]:
        counts = {label: int(label == label_of[kind["note"]]) for label in set(rows["label"])}
        assert (kind["slices"], kind["by_label"]) == (1, counts)

    assert hilum("explain", run, "--no-localise").code == 0
    index = read_csv(run / "maps" / "index.csv").set_index("slice_id")["notes"]
    assert index.pop(rows["slice_id"][constant]) == CONSTANT
    assert index.pop(rows["slice_id"][elongated]) == ELONGATED
    assert (index == "").all()

    assert hilum("report", run).code == 0
    described = hilum("data", "describe", slices, "--out", tmp_path / "described")
    pages = (run / "report.html", tmp_path / "described" / "cohort.html")
    for note in (CONSTANT, ELONGATED):
        assert f"1 slice: {note}" in described.out
        assert all(note in page.read_text(encoding="utf-8") for page in pages)
