"""The networks whose tests are slow ones: more of the blocks that other networks are made of."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest

__all__ = ["DEEPER", "quick_and_slow"]

DEEPER = ("inceptionresnetv2", "inceptionv3", "resnet50", "resnet101", "vgg19")
"""Xception, DenseNet121, MobileNetV2 and VGG16 stand for them in `make test`, and the other tests'
small residual networks: a third of the time of the nine."""


def quick_and_slow(names: Iterable[str], *, slow: Collection[str] = DEEPER) -> list[Any]:
    """Return names of recipes as parameters of a test; those of deeper networks are slow."""
    return [
        pytest.param(name, marks=[pytest.mark.slow] if name.rpartition("/")[2] in slow else [])
        for name in names
    ]
