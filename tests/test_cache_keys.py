"""What lies in users' caches is found again: kinds, keys, and the texts that keys are hashes of.

A key that changes costs every user hours of decoding, and says nothing. So no key may depend on
where a module lies or what a class is called; where one does, the name is held here.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from hilum.learn.frozen.feed import FrozenFeed, part_key
from hilum.learn.frozen.records import KIND as FROZEN
from hilum.learn.frozen.records import Records, record_name
from hilum.learn.frozen.submodules import split_network
from hilum.learn.networks import build_network
from hilum.learn.weights import Weights
from hilum.prepare import decode_table
from hilum.prepare.cache_entry import KIND as DECODED
from hilum.prepare.cache_entry import key_of, state_of
from hilum.recipe import parse_recipe
from hilum.steps.predict.shards import hash_of_files
from hilum.table import SliceTable

MakeTable = Callable[..., SliceTable]

RECIPE = """
[network]
backbone = "test_resnet"
train_from = "bn1"
[input]
size = 32
"""

PART = """\
FrozenPart(
  (features): GraphModule(
    (backbone): Module(
      (conv1): Sequential(
        (0): Conv2d(3, 16, kernel_size=(3, 3), stride=(2, 2), padding=(1, 1), bias=False)
        (1): BatchNorm2d(16)
        (2): ReLU(inplace=True)
        (3): Conv2d(16, 16, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)
        (4): BatchNorm2d(16)
        (5): ReLU(inplace=True)
        (6): Conv2d(16, 32, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1), bias=False)
      )
    )
  )
)"""
"""How torch shows the frozen part of `RECIPE`: `FrozenPart`, our class, is part of its key."""

NAMES = sorted(
    ["mean", "std"]
    + [f"features.backbone.conv1.{n}.weight" for n in (0, 1, 3, 4, 6)]
    + [
        f"features.backbone.conv1.{n}.{name}"
        for n in (1, 4)
        for name in ("bias", "num_batches_tracked", "running_mean", "running_var")
    ]
)
"""Of the tensors of the frozen part; their names are part of its key."""

FILES_OF_DECODED = ("grey.npy", "shapes.npy", "notes.json", "used", "making")


class Heard:
    """Stands for a hash function of hashlib, and keeps what each hash is made of."""

    def __init__(self, real: Callable[[bytes], Any]) -> None:
        self.real = real
        self.texts: list[list[bytes]] = []

    def __call__(self, first: bytes = b"", **how: Any) -> Any:
        parts, inner = [first], self.real(first, **how)
        self.texts.append(parts)

        def update(more: Any) -> None:
            parts.append(bytes(more))
            inner.update(more)

        return SimpleNamespace(update=update, hexdigest=inner.hexdigest, digest=inner.digest)


@pytest.fixture
def sha256(monkeypatch: pytest.MonkeyPatch) -> Heard:
    """What SHA-256 hashes are made of."""
    heard = Heard(hashlib.sha256)
    monkeypatch.setattr(hashlib, "sha256", heard)
    return heard


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Files in /slices are there and never change; of all packages there is version 1.2."""
    stat = os.stat
    times = {"st_mtime_ns": 1_700_000_000_000_000_001, "st_ctime_ns": 1_700_000_000_000_000_002}
    content = SimpleNamespace(st_ino=7, st_size=1234, **times)

    def fixed(path: Any, **how: Any) -> Any:
        return content if str(path).startswith("/slices/") else stat(path, **how)

    with monkeypatch.context() as patch:
        patch.setattr(importlib.metadata, "version", lambda _: "1.2")
        patch.setattr(os, "stat", fixed)
        yield


def test_the_kinds_are_those_that_lie_in_caches() -> None:
    assert (DECODED, FROZEN) == ("decoded-v1", "frozen-v1")


@pytest.mark.usefixtures("still")
def test_decoded_slices_are_known_by_files_windows_and_decoders(
    make_table: MakeTable, sha256: Heard
) -> None:
    table = make_table(
        2, folder=Path("/slices"), path=["a/0.png", "é.dcm"], window=["", "1500/-600"]
    )
    state = state_of(table)
    numbers = "(7, 1234, 1700000000000000001, 1700000000000000002)"
    assert [part.decode() for part in sha256.texts[0]] == [
        "2 numpy 1.2, opencv-python-headless 1.2, pillow 1.2, pydicom 1.2, pylibjpeg-libjpeg 1.2, "
        "pylibjpeg-openjpeg 1.2, pylibjpeg-rle 1.2\n",
        f"/slices/a/0.png\0{numbers}\0\n",
        f"/slices/é.dcm\0{numbers}\x001500/-600\n",
    ]
    assert state == "5965f69a004410bcdac073c9ebd4cbcafe34e9fa68b345d73a55f9ca1991396a"
    assert key_of(state, 224) == "069999d77337019dc85e5adf90e2e1ee0358163f"
    assert [part.decode() for part in sha256.texts[1]] == [f"{state} 224"]
    assert key_of(state, 299) == "5f1ae2b6be28abb144955cd7908d24e17010e455"


def test_an_entry_of_decoded_slices_holds_the_files_that_others_look_for(
    make_table: MakeTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cache = tmp_path / "cache"
    monkeypatch.setenv("HILUM_CACHE", str(cache))
    Image.fromarray(np.full((40, 64), 9, dtype=np.uint8)).save(tmp_path / "0.png")
    table = make_table(1, folder=tmp_path)
    with decode_table(table, size=32):
        pass
    state = state_of(table)
    assert state is not None
    entry = f"decoded-v1/{key_of(state, 32)}"
    files = {path.relative_to(cache).as_posix() for path in cache.rglob("*") if path.is_file()}
    assert {"CACHEDIR.TAG", *(f"{entry}/{name}" for name in FILES_OF_DECODED)} == files
    grey, shapes = (np.load(cache / entry / name) for name in ("grey.npy", "shapes.npy"))
    assert (grey.shape, grey.dtype, int(grey[0, 0, 0])) == ((1, 32, 32), np.uint8, 9)
    assert (shapes.tolist(), shapes.dtype) == ([[40, 64]], np.int64)


def frozen_feed() -> FrozenFeed:
    """Return what feeds the tail of `RECIPE`'s network, all its weights known."""
    recipe = parse_recipe(RECIPE, name="x")
    start = Weights.placeholder(recipe, (0.5,) * 3, (0.25,) * 3)
    network = build_network(recipe, start, classes=2, frozen_random=True)
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if name not in ("mean", "std"):
                counted = torch.arange(tensor.numel()) % 7 / 8
                tensor.copy_(counted.view(tensor.shape).to(tensor.dtype))
    return FrozenFeed(*split_network(network, 32), size=32)


def test_what_a_frozen_part_gave_is_known_by_its_layers_calls_weights_and_torch(
    sha256: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    feed = frozen_feed()
    sha256.texts.clear()
    monkeypatch.setattr(torch, "__version__", "1.2")
    part_key(feed, 32)
    ((content, *named),) = sha256.texts
    assert content.decode() == repr(
        (
            repr(feed.part), feed.part.features.code, ((16, 16, 32),), 32, torch.float32, "1.2",
            "cpu",
        )
    )  # fmt: skip
    assert shown(feed.part) == PART
    assert calls(feed.part.features.code) == [
        "def forward(self, scaled",
        "self.backbone.conv1(scaled)",
        "return (backbone_conv1,)",
    ]
    assert [name.decode() for name in named[::2]] == sorted(feed.part.state_dict())
    assert sorted(feed.part.state_dict()) == NAMES
    assert named[1] == feed.part.state_dict()[NAMES[0]].numpy().tobytes()


def shown(part: nn.Module) -> str:
    """Return how torch shows a part, batch norm without what each version of torch adds."""
    return "\n".join(
        line.partition(",")[0] + ")" if "BatchNorm2d" in line else line
        for line in repr(part).splitlines()
    )


def calls(code: str) -> list[str]:
    """Return what the code of a graph calls, without the ways that each version of torch has."""
    lines = [line.strip() for line in code.splitlines() if line.strip()]
    return [line.partition(" :")[0].partition(";")[0].rpartition(" = ")[2] for line in lines]


def test_the_key_of_a_frozen_part_is_the_one_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    class FrozenPart(nn.Module):
        """Has the name of the real one, and no layer that torch shows otherwise in time."""

        def __init__(self) -> None:
            super().__init__()
            self.features = nn.Sequential(nn.ReLU())
            self.features.code = "def forward(self, scaled):\n    return (scaled,)\n"  # type: ignore[assignment]
            self.register_buffer("mean", torch.full((1, 3, 1, 1), 127.5))
            self.register_buffer("std", torch.full((1, 3, 1, 1), 63.75))

    monkeypatch.setattr(torch, "__version__", "1.2")
    feed: Any = SimpleNamespace(
        part=FrozenPart(), shapes=((16, 16, 32), (64,)), precision=torch.float32
    )
    assert part_key(feed, 224) == "feaa2e8c560d00bc89af09e2ec19ac635be41580"
    feed.precision = torch.bfloat16
    assert part_key(feed, 224) == "5a9a2af9f8b82f63cfa582ff726cd27c69b07e3c"


def test_a_record_is_known_by_the_slice_and_its_view(tmp_path: Path) -> None:
    grey = np.arange(16, dtype=np.uint8).reshape(4, 4)
    view = np.array([[1, 0, 0.25], [0, 1, -0.5]], dtype=np.float32)
    assert record_name(grey, None) == "03428782f9b4358cbcdc0e79fd8f74104a36ba64"
    assert record_name(grey, view) == "ead03517b08acba9f2a91a50a9f8ac6a58ce1968"
    Records(tmp_path, 2).write("name", np.array([1, 2], dtype=np.float16))
    assert [path.name for path in tmp_path.iterdir()] == ["name.npy"]


@pytest.mark.usefixtures("still")
def test_a_part_of_a_prediction_is_known_by_its_files(sha256: Heard) -> None:
    """Not in the cache, but beside OUT: a prediction that was interrupted goes on from it."""
    files: Any = [SimpleNamespace(path=Path("/slices/0.png"), window="", row={}, frame=None)]
    assert (
        hash_of_files(files) == "eba8f6fce891a91085af4010136644375d698ded068bd00545e6513e08cad6c9"
    )
    assert sha256.texts == [[b"", b"/slices/0.png\0\x001234 1700000000000000001\0"]]
