"""Losses: what is restricted costs nothing, and cells are held against lesions."""

from __future__ import annotations

import math

import torch

from hilum.learn.robust.losses import cell_targets, lesion_loss, restrict


def test_a_source_with_one_class_has_no_loss_and_no_gradient() -> None:
    logits = torch.tensor([[3.0, -1.0, 0.5]], requires_grad=True)
    allowed = torch.tensor([[False, True, False]])
    loss = torch.nn.functional.cross_entropy(restrict(logits, allowed), torch.tensor([1]))
    loss.backward()
    assert loss.item() == 0
    assert logits.grad is not None
    assert not logits.grad.any()


def test_the_restricted_loss_is_that_of_the_allowed_classes_alone() -> None:
    logits = torch.tensor([[3.0, -1.0, 0.5]])
    allowed = torch.tensor([[True, False, True]])
    loss = torch.nn.functional.cross_entropy(restrict(logits, allowed), torch.tensor([2]))
    assert math.isclose(loss.item(), math.log(1 + math.exp(2.5)), rel_tol=1e-6)
    assert restrict(logits, None) is logits


def test_a_lesion_smaller_than_a_cell_has_its_cell_and_neighbours_do_not_count() -> None:
    lesions = torch.zeros(2, 1, 32, 32)
    lesions[0, 0, 9:11, 9:12] = 1  # 6 of the 64 pixels of cell (1, 1)
    lesions[1, 0, 0:16, 0:8] = 1
    holds, near = cell_targets(lesions, (4, 4))
    assert holds[0].nonzero().tolist() == [[1, 1]]
    assert near[0].sum() == 8
    assert holds[1].nonzero().tolist() == [[0, 0], [1, 0]]


def test_the_loss_of_cells_counts_what_is_judged_alone() -> None:
    cells = torch.zeros(1, 2, 4, 4)
    cells[0, 1] = 100.0  # far off, but not judged
    lesions = torch.zeros(1, 1, 32, 32)
    lesions[0, 0, 8:16, 8:16] = 1
    judged = torch.tensor([[True, False]])
    loss = lesion_loss(cells, lesions, torch.tensor([0]), judged)
    assert math.isclose(loss.item(), 2.5 * math.log(2), rel_tol=1e-6)
    none = lesion_loss(cells, lesions, torch.tensor([-1]), torch.tensor([[True, False]]))
    assert math.isclose(none.item(), 2 * math.log(2), rel_tol=1e-6)
