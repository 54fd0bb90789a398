"""Examples: which classes a source holds, what is made into what, and what is known of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np

from hilum.learn.robust.examples import ANY, Cast, ExampleSource
from hilum.recipe import Crossing

CANCER, NORMAL, PNEUMONIA = range(3)


def test_crossing_gives_a_source_the_classes_that_can_be_put_into_its_slices(
    examples: ExampleSource,
) -> None:
    assert examples.holds.tolist() == [[True, False, False], [True, True, True]]
    assert examples.bases[1, CANCER].tolist() == [2, 3, 4]
    assert examples.bases[1, PNEUMONIA].tolist() == [2, 3]
    assert (0, CANCER) not in examples.bases


def test_without_crossing_a_source_holds_its_own_classes(examples: ExampleSource) -> None:
    plain = replace(examples, settings=Crossing())
    assert plain.holds.tolist() == [[True, False, False], [False, True, True]]
    assert not plain.bases


def test_without_a_healthy_class_no_opacity_is_drawn(examples: ExampleSource) -> None:
    two = replace(examples, cast=Cast(CANCER, PNEUMONIA, ANY))
    assert (1, PNEUMONIA) not in two.bases
    assert (1, CANCER) in two.bases


def test_draws_are_balanced_over_sources_and_their_classes(examples: ExampleSource) -> None:
    rng = np.random.default_rng(0)
    drawn = [examples.draw(rng) for _ in range(300)]
    counts = Counter((one.source, one.target) for one in drawn)
    assert 120 < counts[0, CANCER] < 180
    assert all(30 < counts[1, label] < 72 for label in (CANCER, NORMAL, PNEUMONIA))


def test_a_made_tumour_is_marked_and_judged(examples: ExampleSource) -> None:
    rng = np.random.default_rng(1)
    for _ in range(10):
        made = examples.draw_from(1, CANCER, rng)
        assert made.target == CANCER
        assert made.lesion.any()
        assert made.judged[CANCER]
        assert made.judged[NORMAL]


def test_disease_that_is_there_and_unmarked_is_not_judged(examples: ExampleSource) -> None:
    rng = np.random.default_rng(1)
    own = examples.own_example(4, rng)
    assert own.judged.tolist() == [True, True, False]
    based = [examples._make(4, CANCER, rng) for _ in range(4)]
    assert all(one.judged.tolist() == [True, True, False] for one in based if one is not None)
    assert examples.own_example(0, rng).judged.tolist() == [True, False, False]
    assert examples.own_example(2, rng).judged.tolist() == [True, True, True]


def test_some_slices_are_varied_and_the_others_stay_as_they_are(examples: ExampleSource) -> None:
    examples.settings = Crossing(share=0.5, controls=0.0, removals=False)
    drawn = [examples.vary(2, np.random.default_rng(seed)) for seed in range(40)]
    same = [np.array_equal(one.grey, examples.stock.picture(2)) for one in drawn]
    assert 8 <= sum(same) <= 32
    assert all((one.target == NORMAL) == alike for one, alike in zip(drawn, same, strict=True))
    cancer = examples.vary(0, np.random.default_rng(0))
    assert np.array_equal(cancer.grey, examples.stock.picture(0))
    assert np.array_equal(cancer.lesion, examples.stock.lesion(0))


def test_controls_move_plain_lung_and_leave_the_class(examples: ExampleSource) -> None:
    examples.settings = Crossing(share=0.9, transplants=0, drawn=0, opacities=0, controls=1)
    drawn = [examples.own_example(2, np.random.default_rng(seed)) for seed in range(10)]
    assert sum(not np.array_equal(one.grey, examples.stock.picture(2)) for one in drawn) >= 5
    assert all(one.target == NORMAL and not one.lesion.any() for one in drawn)


def test_slices_whose_tumour_is_removed_are_healthy_ones_of_the_same_source(
    removing: ExampleSource,
) -> None:
    assert removing.bases[0, NORMAL].tolist() == [0, 1]
    assert removing.holds.tolist() == [[True, True, False], [True, True, True]]
    for seed in range(6):
        made = removing.draw_from(0, NORMAL, np.random.default_rng(seed))
        assert (made.target, made.source) == (NORMAL, 0)
        assert not made.lesion.any()
        assert made.judged.tolist() == [True, True, False]
        before = removing.stock.lesion(0), removing.stock.lesion(1)
        was = [made.grey != removing.stock.picture(index) for index in (0, 1)]
        assert any(
            changed.any() and (changed & lesion).sum() > 0.5 * lesion.sum()
            for changed, lesion in zip(was, before, strict=True)
        )


def test_slices_with_a_tumour_get_plain_lung_covered_as_often(removing: ExampleSource) -> None:
    picture, lesion = removing.stock.picture(0), removing.stock.lesion(0)
    drawn = [removing.own_example(0, np.random.default_rng(seed)) for seed in range(40)]
    covered = [not np.array_equal(one.grey, picture) for one in drawn]
    assert 10 <= sum(covered) <= 25
    for one in drawn:
        assert one.target == CANCER
        assert np.array_equal(one.lesion, lesion)
        assert np.array_equal(one.grey[lesion], picture[lesion])


def test_without_a_healthy_class_or_a_mark_nothing_is_removed(removing: ExampleSource) -> None:
    two = replace(removing, cast=Cast(CANCER, PNEUMONIA, ANY))
    assert all(label != ANY for _, label in two.bases)
    unmarked = replace(removing, stock=replace(removing.stock, lesions={}))
    assert (0, NORMAL) not in unmarked.bases
    again = unmarked.own_example(0, np.random.default_rng(0))
    assert np.array_equal(again.grey, unmarked.stock.picture(0))
