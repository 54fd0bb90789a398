"""A run whose network sees slices harmonised: every step shows them to it so."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from phantom_tables import phantom_table
from untrained_runs import make_untrained

from hilum.cam_maps import in_slice_pixels, read_index, read_maps
from hilum.errors import UsageError
from hilum.prepare import decode_table, resize
from hilum.prepare.harmonise import SIDE, ShownPart, harmonise
from hilum.readers import read_slice
from hilum.recipe import parse_recipe
from hilum.report.run.render import render
from hilum.run import Run, write_json
from hilum.steps.ensemble import ensemble
from hilum.steps.evaluate import evaluate
from hilum.steps.explain import explain
from hilum.steps.predict import predict
from hilum.table import read_row


@pytest.fixture(scope="module", autouse=True)
def in_short(
    blank_drawings: None, few_resamples: None, rough_measures: None, no_annotations: None
) -> None:
    """Random weights are those of a user here: what they make of slices counts."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A network with random weights that sees phantoms harmonised, evaluated and explained."""
    folder = tmp_path_factory.mktemp("harmonised")
    made = make_untrained(folder / "run", phantom_table(folder, patients=8), seed=1)
    content = json.loads(made.network_file.read_text(encoding="utf-8"))
    content["input"]["harmonise"] = True
    write_json(content, made.network_file)
    evaluate(made)
    explain(made)
    return made


def test_recipe_says_so_and_network_json_only_then() -> None:
    text = '[network]\nbackbone = "resnet10t"\n[input]\nsize = 64\nharmonise = '
    assert parse_recipe(f"{text}true", name="r").input.facts == {"size": 64, "harmonise": True}
    assert parse_recipe(f"{text}false", name="r").input.facts == {"size": 64}


def test_its_slices_are_decoded_harmonised(run: Run) -> None:
    table = run.table()
    assert table.harmonised
    with decode_table(table, size=64) as decoded:
        expected = resize(harmonise(read_row(table, 3).grey).pixels, 64)
        assert (decoded.grey[3:4][0] == expected).all()


def test_prediction_of_a_file_is_that_of_evaluation(run: Run) -> None:
    table, predictions = run.table(), run.predictions()
    outcomes = list(predict(run, table.paths()[:4]))
    for row, outcome in enumerate(outcomes):
        expected = float(predictions["probability_cancer"].iloc[row])
        assert outcome.probabilities["cancer"] == pytest.approx(expected, abs=1e-5)


def test_maps_come_back_in_the_pixels_of_their_slices(run: Run) -> None:
    index = read_index(run.maps)
    raw, placed = (dict(read_maps(run.maps, raw=raw)) for raw in (True, False))
    for row in range(len(index)):
        name, part = index["slice_id"][row], ShownPart.of_text(index["shown"][row])
        shape = (int(index["rows"][row]), int(index["columns"][row]))
        assert part.shape == shape == placed[name].shape
        in_part = in_slice_pixels(raw[name], (part.height, part.width))
        assert np.allclose(placed[name], part.map_back(in_part))


def test_networks_that_see_slices_otherwise_are_no_ensemble(run: Run, tmp_path: Path) -> None:
    other = make_untrained(tmp_path / "plain", run.table(), seed=2)
    with pytest.raises(UsageError, match="sees slices harmonised"):
        ensemble([run, other], out=tmp_path / "both")


def test_report_shows_slices_before_and_after(run: Run) -> None:
    sheet = read_slice(run.harmonised_file).grey
    assert sheet.shape[0] == 2 * 144 + 6
    table = run.table().part("test")
    seen = {harmonise(read_row(table, row).grey).pixels.tobytes() for row in range(len(table))}
    shown = cv2.resize(sheet[150:, :144], (SIDE, SIDE))
    closest = min(
        np.abs(np.frombuffer(one, np.uint8).reshape(SIDE, SIDE).astype(int) - shown).mean()
        for one in seen
    )
    assert closest < 8
    page = render(run.folder)
    assert "What the network sees" in page
    assert page.count("data:image/png;base64,") >= 1
