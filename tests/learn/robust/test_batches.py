"""Batches of examples: the same for the same seed and epoch, in any number of processes."""

from __future__ import annotations

import torch

from hilum.learn.robust.batches import example_batches
from hilum.learn.robust.examples import ExampleSource
from hilum.recipe import Recipe, parse_recipe

RECIPE = """
[network]
backbone = "test_resnet"
head = "map"
[training]
batch_size = 4
sampling = "balanced"
restricted = true
[augmentation]
tone = 0.9
sharpness = 0.5
noise = 0.1
[crossing]
share = 0.5
"""


def recipe_of(*changes: str) -> Recipe:
    return parse_recipe(RECIPE, name="x", changes=changes)


def test_batches_follow_from_seed_and_epoch(examples: ExampleSource) -> None:
    one, same = (list(example_batches(examples, recipe_of(), epoch=1)) for _ in range(2))
    (later,) = example_batches(examples, recipe_of(), epoch=2)
    assert len(one) == 1  # five slices, four a batch
    assert torch.equal(one[0].inputs[0], same[0].inputs[0])
    assert not torch.equal(one[0].inputs[0], later.inputs[0])


def test_processes_share_the_examples_of_a_batch(examples: ExampleSource) -> None:
    (full,) = example_batches(examples, recipe_of(), epoch=0)
    parts = [next(example_batches(examples, recipe_of(), epoch=0, share=(r, 2))) for r in (0, 1)]
    assert torch.equal(full.target[0::2], parts[0].target)
    assert torch.equal(full.target[1::2], parts[1].target)


def test_a_slice_is_compared_with_the_classes_of_its_source(examples: ExampleSource) -> None:
    (batch,) = example_batches(examples, recipe_of(), epoch=0)
    assert batch.allowed is not None
    for target, allowed in zip(batch.target.tolist(), batch.allowed.tolist(), strict=True):
        assert allowed[target]
        assert allowed in [[True, False, False], [True, True, True]]
    (free,) = example_batches(examples, recipe_of("training.restricted=false"), epoch=0)
    assert free.allowed is None


def test_lesions_move_with_their_slices(examples: ExampleSource) -> None:
    still = [f"augmentation.{key}=0" for key in ("rotation", "zoom", "shear", "tone", "noise")]
    flips = ["augmentation.horizontal_flip=false", "augmentation.vertical_flip=false"]
    moved = recipe_of(*still, *flips, "augmentation.sharpness=0", "augmentation.shift=0.2")
    fixed = recipe_of(*still, *flips, "augmentation.sharpness=0", "augmentation.shift=0")
    (one,), (other,) = (list(example_batches(examples, r, epoch=0)) for r in (moved, fixed))
    assert one.lesions is not None
    assert other.lesions is not None
    marked = other.lesions.flatten(1).sum(dim=1) > 50
    assert marked.any()
    for index in marked.nonzero()[:, 0].tolist():
        assert not torch.equal(one.lesions[index], other.lesions[index])
        inside = one.inputs[0][index][one.lesions[index] > 0.9]
        assert abs(inside.mean() - other.inputs[0][index][other.lesions[index] > 0.9].mean()) < 25
