"""The finer map: a stage of every kind of network, none of a transformer's."""

from __future__ import annotations

import pytest

from hilum.learn.backbone import make_backbone
from hilum.learn.robust.finer_map import find_finer_maps


@pytest.mark.parametrize(
    ("name", "paths"),
    [("mobilenetv2_100", ["blocks.4", "blocks.2"]), ("resnet10t", ["layer3", "layer2"]),
     ("vgg11", ["features.19", "features.14"]), ("test_vit", [])],
)  # fmt: skip
def test_finer_maps_are_stages_at_half_and_a_quarter_of_the_stride(
    name: str, paths: list[str]
) -> None:
    size = 96 if name != "test_vit" else 160
    found = find_finer_maps(make_backbone(name, size)[0], size)
    assert [one.path for one in found] == paths
