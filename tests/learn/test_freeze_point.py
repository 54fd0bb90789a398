"""Cuts: where a network without an entry is cut, and what counts as clean."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from hilum.learn.freeze_point import choose_freeze_point, frozen_parameters


class _Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 3, 1), nn.Conv2d(3, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(self.first(x))


class _Network(nn.Module):
    """Ten layers in five blocks; `leak` leads a shortcut around the fourth."""

    def __init__(self, *, leak: bool = False) -> None:
        super().__init__()
        self.token = nn.Parameter(torch.zeros(1))
        self.blocks = nn.Sequential(*(_Block() for _ in range(5)))
        self.leak = leak

    def forward_features(self, x: Tensor) -> Tensor:
        x = x + self.token
        for number, block in enumerate(self.blocks):
            before = x
            x = block(x)
            if self.leak and number == 3:
                x = x + before
        return x


@pytest.mark.parametrize(
    ("share", "cut"),
    [(0.0, "all"), (0.25, "blocks.1"), (0.55, "blocks.3"), (0.75, "blocks.4"), (1.0, "head")],
)
def test_the_cut_is_at_the_beginning_of_the_nearest_block(share: float, cut: str) -> None:
    assert choose_freeze_point(_Network(), size=8, share=share) == cut


def test_a_boundary_with_a_way_around_it_is_passed_over() -> None:
    assert choose_freeze_point(_Network(), size=8, share=0.62) == "blocks.3"
    assert choose_freeze_point(_Network(leak=True), size=8, share=0.62) == "blocks.4"


def test_a_network_without_a_clean_boundary_is_trained_as_a_whole() -> None:
    class Dense(_Network):
        def forward_features(self, x: Tensor) -> Tensor:
            made = [block(x) for block in self.blocks]
            return torch.stack(made).sum(dim=0)

    assert choose_freeze_point(Dense(), size=8) == "all"


def test_choosing_leaves_the_network_as_it_was() -> None:
    network = _Network().train()
    network.blocks[0].requires_grad_(False).eval()
    before = [(p.requires_grad, p.grad) for p in network.parameters()]
    choose_freeze_point(network, size=8)
    assert [(p.requires_grad, p.grad) for p in network.parameters()] == before
    assert [m.training for m in network.blocks] == [False, True, True, True, True]
    assert not network.blocks[3]._forward_pre_hooks


def test_loose_parameters_at_the_entrance_are_frozen_with_it() -> None:
    network = _Network()
    frozen = {id(p) for p in frozen_parameters(network, "blocks.4")}
    assert id(network.token) in frozen
    assert id(network.blocks[3].second.weight) in frozen
    assert id(network.blocks[4].first.weight) not in frozen
    assert frozen_parameters(network, "all") == []
    head = {id(p) for p in frozen_parameters(network, "head")}
    assert head == {id(p) for p in network.parameters()}
