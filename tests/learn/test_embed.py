"""Features of a frozen network."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import timm
import torch
from safetensors.torch import save_file

from hilum.errors import WeightsError
from hilum.learn.embed import open_embedder

NETWORK = "mobilenetv2_035"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, torch.nn.Module]:
    """A folder of random weights that count as trained ones, and timm's network with them."""
    torch.manual_seed(0)
    network = timm.create_model(NETWORK, pretrained=False, num_classes=0).eval()
    folder = tmp_path_factory.mktemp("weights") / NETWORK
    folder.mkdir()
    save_file(network.state_dict(), folder / "model.safetensors")
    config = {"architecture": NETWORK, "pretrained_cfg": {"input_size": [3, 64, 64]}}
    (folder / "config.json").write_text(json.dumps(config))
    return folder.parent, network


def test_features_are_timms_pooled_ones(weights: tuple[Path, torch.nn.Module]) -> None:
    folder, network = weights
    found = open_embedder(NETWORK, folder)
    assert found is not None
    assert (found.size, found.origin) == (64, f"{NETWORK}, folder {NETWORK}")
    grey = np.random.default_rng(0).integers(0, 256, (3, 64, 64), dtype=np.uint8)
    statistics = (timm.data.IMAGENET_DEFAULT_MEAN, timm.data.IMAGENET_DEFAULT_STD)
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in statistics)
    with torch.inference_mode():
        scaled = (torch.tensor(grey)[:, None].float() / 255 - mean) / std
        expected = network(scaled).numpy()
    features = found.embed(grey)
    assert features.shape == expected.shape
    assert features == pytest.approx(expected, abs=1e-4)


def test_random_weights_give_no_features() -> None:
    assert open_embedder(NETWORK, "none") is None


def test_a_folder_without_the_network_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="has no weights of"):
        open_embedder(NETWORK, tmp_path)
