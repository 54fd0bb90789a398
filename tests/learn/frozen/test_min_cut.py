"""The minimum cut: the fewest numbers are stored, cheap calls are repeated where that is less."""

from __future__ import annotations

import pytest
import torch
from made_backbones import Made, Mixed, kept_shapes, parts_of
from torch import Tensor, nn

from hilum.errors import SplitNetworkError


def test_what_is_cheap_is_done_again_where_less_is_kept_then() -> None:
    class Widened(Made):
        def forward_features(self, x: Tensor) -> Tensor:
            first = self.act(self.first(x))
            wide = nn.functional.interpolate(first, scale_factor=2)
            return self.second(wide) + wide

    assert kept_shapes(Widened()) == [(1, 4, 8, 8)]


def test_what_is_cheap_is_done_once_where_more_would_be_kept_before_it() -> None:
    class Pooled(Made):
        def forward_features(self, x: Tensor) -> Tensor:
            return self.second(nn.functional.max_pool2d(self.first(x), 4))

    assert kept_shapes(Pooled()) == [(1, 4, 2, 2)]


def test_a_way_around_the_cut_is_kept_too() -> None:
    class Around(Made):
        def forward_features(self, x: Tensor) -> Tensor:
            first = self.first(x)
            return self.second(torch.sigmoid(first)) + first[:, :, ::2, ::2].mean()

    part, tail = parts_of(Around())
    assert len(part(torch.zeros(1, 1, 8, 8))) == 1
    assert sum(p.requires_grad for p in tail.parameters()) == 4


class ByNumbers(Made):
    def forward_features(self, x: Tensor) -> Tensor:
        first = self.first(x)
        return self.second(first if first.sum() > 0 else -first)


class ByMode(Made):
    def forward_features(self, x: Tensor) -> Tensor:
        first = self.first(x)
        return self.second(first * 2 if self.training else first)


class InPlace(Made):
    def forward_features(self, x: Tensor) -> Tensor:
        first = self.first(x)
        before = self.second(first)
        first.relu_()
        return before + first


@pytest.mark.parametrize(
    ("backbone", "output"),
    [
        (ByNumbers(), "it can't be traced"),
        (ByMode(), "it runs differently in training and in prediction"),
        (InPlace(), "relu_ works in place on the input of other layers"),
    ],
)
def test_a_network_that_can_not_be_split_says_why(backbone: Made, output: str) -> None:
    with pytest.raises(SplitNetworkError, match=output):
        parts_of(backbone)


def test_tensors_without_a_row_a_slice_are_not_kept() -> None:
    assert kept_shapes(Mixed()) == [(1, 4, 8, 8)]
