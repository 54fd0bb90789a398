"""The sample of a sanity check: slices drawn, partners, one grid for all maps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from square_samples import sample_of

from hilum.cam_maps import CENTRED
from hilum.scores.similarity import map_similarity
from hilum.steps.sanity.sample import draw_slices, on_grid
from hilum.table import SliceTable


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


def test_likeness_is_measured_on_one_grid_whatever_the_layer() -> None:
    coarse = np.random.default_rng(0).random((2, 4, 4), dtype=np.float32)
    fine = np.stack([np.kron(one, np.ones((2, 2), np.float32)) for one in coarse])
    found = map_similarity(on_grid(coarse, CENTRED), on_grid(fine, CENTRED))
    assert (found["rank_correlation"] > 0.9).all()
