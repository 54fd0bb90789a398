"""The stock of a table: lesions by mask or box in the network's picture, and who plays what."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from phantom_tables import phantom_table

from hilum.errors import RecipeError
from hilum.learn.data import Slices
from hilum.learn.robust.stock import (
    describe_sources,
    example_source,
    lesion_picture,
    needs_examples,
)
from hilum.prepare import decode_table
from hilum.recipe import parse_recipe

RECIPE = '[classes]\nnames = ["cancer", "pneumonia"]\n[network]\nbackbone = "test_resnet"\n'


def test_lesions_are_where_masks_or_boxes_say_in_pixels_of_the_picture(tmp_path: Path) -> None:
    table = phantom_table(tmp_path, patients=8)
    rows = np.flatnonzero(table.rows["mask"] != "")
    with decode_table(table, size=40) as decoded:
        by_mask = [lesion_picture(table, decoded, int(row)) for row in rows]
        table.rows["mask"] = ""
        by_box = [lesion_picture(table, decoded, int(row)) for row in rows]
    assert len(rows) >= 6
    masks, ellipses = np.stack(by_mask), np.stack(by_box)
    assert masks.shape == (len(rows), 40, 40)
    assert masks.any(axis=(1, 2)).all()
    assert (masks & ellipses).sum() >= 0.6 * (masks | ellipses).sum()


def test_the_stock_knows_sources_and_marked_lesions(tmp_path: Path) -> None:
    table = phantom_table(tmp_path, patients=8)
    recipe = parse_recipe(RECIPE, name="x", changes=["crossing.share=0.5"])
    target = (table.rows["label"] == "pneumonia").to_numpy(dtype=np.int64)
    with decode_table(table, size=40) as decoded:
        slices = Slices(decoded.grey, np.arange(len(table)), target)
        found = example_source(table, decoded, slices, recipe)
    assert found.cast == (0, 1, -1)
    sentence = describe_sources(found, table, recipe)
    assert sentence.startswith("Sources hold: phantom-a cancer, pneumonia; phantom-b ")
    assert found.donors.tolist() == np.flatnonzero(table.rows["mask"] != "").tolist()
    assert len(found.holds) == table.rows["source"].nunique()


def test_a_plain_recipe_needs_no_examples() -> None:
    assert not needs_examples(parse_recipe(RECIPE, name="x"))
    for change in ("training.restricted=true", "crossing.share=0.1", "augmentation.noise=0.1"):
        assert needs_examples(parse_recipe(RECIPE, name="x", changes=[change]))


def test_where_no_source_holds_two_classes_a_restricted_loss_is_refused(tmp_path: Path) -> None:
    table = phantom_table(tmp_path, patients=8)
    table.rows["source"] = table.rows["label"] + "-clinic"
    target = (table.rows["label"] == "pneumonia").to_numpy(dtype=np.int64)
    restricted = parse_recipe(RECIPE, name="x", changes=["training.restricted=true"])
    crossed = parse_recipe(RECIPE, name="x", changes=["training.restricted=true",
                                                      "crossing.share=0.5"])  # fmt: skip
    with decode_table(table, size=40) as decoded:
        slices = Slices(decoded.grey, np.arange(len(table)), target)
        plain, made = (example_source(table, decoded, slices, r) for r in (restricted, crossed))
    with pytest.raises(RecipeError, match="no source holds two classes"):
        describe_sources(plain, table, restricted)
    sentence = describe_sources(made, table, crossed)
    assert "pneumonia-clinic cancer (made), pneumonia" in sentence
    assert "From cancer-clinic only the map's loss learns: one class each." in sentence
    assert "classes.healthy) no consolidation or ground glass is made." in sentence
    assert sentence.endswith("Without a healthy class no tumour is removed.")
    other = parse_recipe(
        RECIPE.replace('names = ["cancer", "pneumonia"]', 'names = ["cancer", "Normal"]'),
        name="x", changes=["crossing.share=0.5", "classes.healthy=Normal"],
    )  # fmt: skip
    with decode_table(table, size=40) as decoded:
        without = example_source(table, decoded, slices, other)
    assert "Without slices of pneumonia (crossing.opacity_class) no consolidation" in (
        describe_sources(without, table, other)
    )
    table.rows[["mask", "boxes"]] = ""
    with decode_table(table, size=40) as decoded:
        unmarked = example_source(table, decoded, slices, crossed)
    assert (
        "all made ones are drawn, none is removed and no plain lung is moved."
        in describe_sources(unmarked, table, crossed)
    )
    table.rows["source"] = "one"
    with decode_table(table, size=40) as decoded:
        single = example_source(table, decoded, slices, restricted)
    assert describe_sources(single, table, restricted).endswith("holds on another.")
