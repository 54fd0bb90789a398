"""Whose features an audit takes, and what is blacked out in each slice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import MakeTable

from hilum.audit.fixed_features import FIXED_NAME, fixed_features
from hilum.errors import WeightsError
from hilum.prepare.harmonise.shown_part import ShownPart
from hilum.prepare.slice_facts import SliceFacts
from hilum.steps.audit.features import lesion_boxes, open_extractor
from hilum.steps.audit.sample import choose_rows


def test_without_weights_the_fixed_features_serve(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HILUM_WEIGHTS", raising=False)
    assert open_extractor(None).name == FIXED_NAME
    assert open_extractor("none").name == FIXED_NAME
    monkeypatch.setenv("HILUM_WEIGHTS", str(tmp_path))
    assert open_extractor(None).name == f"{FIXED_NAME}; HILUM_WEIGHTS has no mobilenetv2_100"
    with pytest.raises(WeightsError, match="has no weights of mobilenetv2_100"):
        open_extractor(tmp_path)


def test_fixed_features_are_as_many_as_they_say_and_tell_noise_from_none() -> None:
    grey = np.full((2, 224, 224), 100, dtype=np.uint8)
    grey[1] += np.random.default_rng(0).integers(0, 9, (224, 224)).astype(np.uint8)
    features = fixed_features(grey)
    assert features.shape == (2, 1248)
    assert np.isfinite(features).all()
    assert (features[0] != features[1]).any()


def test_a_slice_without_a_box_loses_one_of_anothers(make_table: MakeTable) -> None:
    boxes = ["10 20 30 40", "", "none", "0 0 8 8", "", ""]
    facts = replace(SliceFacts.empty(6), shapes=np.full((6, 2), 100))
    found = lesion_boxes(make_table(6, boxes=boxes), facts, 50)
    assert found is not None
    assert found[0] == [(5, 10, 15, 20)]
    assert found[3] == [(0, 0, 4, 4)]
    assert all(own in (found[0], found[3]) for own in found)
    assert lesion_boxes(make_table(6, boxes=""), facts, 50) is None


def test_boxes_go_along_where_slices_are_harmonised(make_table: MakeTable) -> None:
    placement = ShownPart((100, 80), 0, top=20, left=10, bottom=60, right=50, side=192)
    facts = replace(
        SliceFacts.empty(2),
        shapes=np.array([[100, 80], [100, 80]]),
        placements=[placement.text, ""],
    )
    found = lesion_boxes(make_table(2, boxes=["30 20 40 30", "30 20 40 30"]), facts, 96)
    assert found is not None
    assert found[0] == [(24, 24, 48, 48)]  # 40 pixels become 96
    assert found[1] == [(28, 24, 39, 36)]  # 100 and 80 pixels become 96


def test_whole_groups_are_drawn_of_every_label(make_table: MakeTable) -> None:
    groups = [f"g{n // 5}" for n in range(1000)]
    labels = ["cancer" if n // 5 % 4 else "normal" for n in range(1000)]
    table = make_table(1000, group=groups, label=labels)
    rows = choose_rows(table, most=200)
    part = table.rows.iloc[rows]
    assert len(rows) == 200
    assert (part.groupby("group").size() == 5).all()
    assert part["label"].value_counts().to_dict() == {"cancer": 150, "normal": 50}
    assert choose_rows(table, most=1000).tolist() == list(range(1000))
