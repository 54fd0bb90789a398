"""Batches: order and augmentation follow from seed and epoch, in any number of processes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from hilum.learn.data import Slices, as_batch, shuffled_batches, steps_per_epoch
from hilum.learn.feed import SliceFeed
from hilum.recipe import Augmentation, Network, Recipe, Training

STILL = Augmentation(
    rotation=0, shift=0, zoom=0, shear=0, horizontal_flip=False, vertical_flip=False
)


@pytest.fixture
def slices() -> Slices:
    """22 of 40 slices of 8 x 8, each as grey as its number; odd ones are of class 1."""
    grey = np.arange(40, dtype=np.uint8)[:, None, None] + np.zeros((1, 8, 8), dtype=np.uint8)
    rows = np.arange(10, 32)
    return Slices(grey, rows, rows % 2)


def batches(slices: Slices, augmentation: Augmentation = STILL, **requested: Any) -> list[Any]:
    settings = {"batch_size": 5, "seed": 1, **requested}
    epoch, share = settings.pop("epoch", 0), settings.pop("share", (0, 1))
    recipe = Recipe(
        network=Network(backbone="resnet50"),
        training=Training(**settings),
        augmentation=augmentation,
    )
    feed = SliceFeed(torch.nn.Identity())
    given = shuffled_batches(slices, recipe, feed, epoch=epoch, share=share)
    return [(*batch.inputs, batch.target) for batch in given]


def greys(given: list[Any]) -> list[list[int]]:
    return [grey[:, 0, 0, 0].round().int().tolist() for grey, _ in given]


def test_a_batch_holds_slices_of_the_set_with_their_classes(slices: Slices) -> None:
    given = batches(slices)
    assert [tuple(grey.shape) for grey, _ in given] == [(5, 1, 8, 8)] * 4
    assert {grey.dtype for grey, _ in given} == {torch.float32}
    for (_, target), numbers in zip(given, greys(given), strict=True):
        assert target.tolist() == [number % 2 for number in numbers]


def test_no_slice_comes_twice_and_the_rest_is_left_out(slices: Slices) -> None:
    seen = [number for batch in greys(batches(slices)) for number in batch]
    assert len(seen) == len(set(seen)) == 20
    assert set(seen) <= set(range(10, 32))


def test_over_the_epochs_every_slice_is_seen(slices: Slices) -> None:
    seen = {n for epoch in range(6) for batch in greys(batches(slices, epoch=epoch)) for n in batch}
    assert seen == set(range(10, 32))


def test_the_order_follows_from_seed_and_epoch_alone(slices: Slices) -> None:
    first = greys(batches(slices))
    torch.manual_seed(99)
    assert greys(batches(slices)) == first
    assert greys(batches(slices, seed=2)) != first
    assert greys(batches(slices, epoch=1)) != first
    assert greys(batches(slices, seed=0, epoch=1)) != first


def test_two_processes_make_up_the_whole_batch(slices: Slices) -> None:
    moved = Augmentation()
    full, one, two = (
        batches(slices, moved, batch_size=6, share=share) for share in ((0, 1), (0, 2), (1, 2))
    )
    for (grey, target), (grey_1, target_1), (grey_2, target_2) in zip(full, one, two, strict=True):
        assert torch.equal(grey[0::2], grey_1) and torch.equal(target[0::2], target_1)
        assert torch.equal(grey[1::2], grey_2) and torch.equal(target[1::2], target_2)


def test_a_slice_is_moved_differently_in_each_epoch() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (1, 8, 8), dtype=np.uint8)
    one = Slices(grey, np.array([0]), np.array([0]))
    first, again, next_epoch = (
        batches(one, Augmentation(), epoch=epoch)[0][0] for epoch in (0, 0, 1)
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, next_epoch)


def test_views_take_turns_and_belong_to_the_slice_not_to_its_place() -> None:
    grey = np.random.default_rng(0).integers(0, 256, (3, 8, 8), dtype=np.uint8)
    both = Slices(grey, np.array([0, 1]), np.array([0, 1]))
    moved = Slices(grey, np.array([2, 1, 0]), np.array([0, 1, 0]))

    def views(slices: Slices, epoch: int, **requested: Any) -> set[bytes]:
        given = batches(slices, Augmentation(), epoch=epoch, batch_size=3, views=2, **requested)
        return {one.numpy().tobytes() for seen, _ in given for one in seen}

    first, second = views(both, 0), views(both, 1)
    assert not first & second
    assert (views(both, 2), views(both, 3)) == (first, second)
    assert first < views(moved, 0)
    assert not first & views(both, 0, seed=7)


@pytest.mark.parametrize(
    ("count", "batch_size", "steps"), [(22, 5, 4), (20, 5, 4), (4, 5, 1), (5, 5, 1), (1, 16, 1)]
)
def test_steps_are_whole_batches_and_at_least_one(count: int, batch_size: int, steps: int) -> None:
    assert steps_per_epoch(count, batch_size) == steps


def test_a_set_smaller_than_a_batch_is_one_batch(slices: Slices) -> None:
    assert sorted(greys(batches(slices, batch_size=64))[0]) == list(range(10, 32))


def test_taking_slices_takes_them_by_their_place_in_the_set(slices: Slices) -> None:
    assert len(slices) == 22
    assert slices.take(np.array([3, 0]))[:, 0, 0].tolist() == [13, 10]
    assert slices.take(slice(20, 99))[:, 0, 0].tolist() == [30, 31]


def test_a_batch_is_plain_grey_levels() -> None:
    batch = as_batch(np.array([[[0, 255]]], dtype=np.uint8), "cpu")
    assert batch.dtype == torch.float32
    assert batch.tolist() == [[[[0.0, 255.0]]]]
