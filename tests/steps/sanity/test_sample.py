"""The sample of a sanity check: slices drawn, partners, one grid for all maps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd

from hilum.cam_maps import CENTRED
from hilum.scores.similarity import map_similarity
from hilum.steps.sanity.sample import Sample, draw_slices, on_grid
from hilum.table import SliceTable

SIDE, STEPS = 32, 32


def test_slices_are_drawn_label_by_label_and_group_by_group(
    make_table: Callable[..., SliceTable],
) -> None:
    groups = ["a", "a", "a", "b", "c", "d", "e", "e"]
    labels = ["x", "x", "x", "x", "y", "y", "y", "y"]
    drawn = make_table(8, group=groups, label=labels)
    for seed in range(5):
        order = draw_slices(drawn, seed=seed)
        assert sorted(order) == list(range(8))
        assert {labels[index] for index in order[:2]} == {"x", "y"}
        assert {groups[index] for index in order[:4]} >= {"a", "b"}
        assert len({groups[index] for index in order[:5]}) == 5
    assert any((draw_slices(drawn, seed=s) != draw_slices(drawn, seed=0)).any() for s in (1, 2))


def test_maps_are_held_against_those_of_other_groups_with_the_same_label() -> None:
    sample = sample_of([(0, 0)] * 6)
    rows = sample.rows.assign(group=[*"aabbcd"], label=[*"xxxxxy"])
    partners = replace(sample, rows=rows).partners(most=3, seed=1)
    assert [set(some) for some in partners[:4]] == [{2, 3, 4}, {2, 3, 4}, {0, 1, 4}, {0, 1, 4}]
    assert len(partners[4]) == 3
    assert set(partners[4]) <= {0, 1, 2, 3}
    assert len(set(partners[5])) == 3, "no other group has its label, so any will do"


def sample_of(cells: list[tuple[int, int]], background: int = 0) -> Sample:
    """Slices with a bright square, and maps (4, 4) of one hot cell each."""
    count = len(cells)
    grey = np.full((count, SIDE, SIDE), background, dtype=np.uint8)
    grey[:, 8:16, 8:16] = 255
    maps = np.zeros((count, 4, 4), dtype=np.float32)
    for number, index in enumerate(cells):
        maps[(number, *index)] = 1
    rows = pd.DataFrame(
        {"slice_id": [f"s{n}" for n in range(count)], "group": [f"g{n}" for n in range(count)],
         "label": "x", "target": "x"}
    )  # fmt: skip
    target = np.zeros(count, dtype=np.int64)
    return Sample(rows, {SIDE: grey}, SIDE, target, maps, on_grid(maps, CENTRED), CENTRED, {})


def test_likeness_is_measured_on_one_grid_whatever_the_layer() -> None:
    coarse = np.random.default_rng(0).random((2, 4, 4), dtype=np.float32)
    fine = np.stack([np.kron(one, np.ones((2, 2), np.float32)) for one in coarse])
    found = map_similarity(on_grid(coarse, CENTRED), on_grid(fine, CENTRED))
    assert (found["rank_correlation"] > 0.9).all()
