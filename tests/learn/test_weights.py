"""Weights: from a folder, from a download, or none; and what is said where there are none."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import torch
from safetensors.torch import save, save_file

from hilum.errors import RecipeError, UsageError, WeightsError
from hilum.learn.weights import THREE_WAYS, find_weights, pretrained_config, side_of

NETWORK = "test_resnet"
REPOSITORY = "timm/test_resnet.r160_in1k"
TENSORS = {"conv.weight": torch.arange(6.0).reshape(2, 3), "steps": torch.tensor(7)}


@pytest.fixture(autouse=True)
def no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """No folder and no proxy of the person who runs the tests."""
    for name in ("HILUM_WEIGHTS", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder that holds one model in timm's local-dir form."""
    model = tmp_path / "weights" / NETWORK
    model.mkdir(parents=True)
    save_file(TENSORS, model / "model.safetensors")
    entries = {
        "architecture": NETWORK,
        "pretrained_cfg": {"mean": [0.1, 0.2, 0.3], "std": [0.4, 0.5, 0.6], "license": "mit"},
    }
    (model / "config.json").write_text(json.dumps(entries))
    return tmp_path / "weights"


def refusal(network: str, where: Path | None) -> str:
    with pytest.raises(WeightsError) as caught:
        find_weights(network, where)
    return str(caught.value)


@pytest.mark.parametrize("one_model", [False, True])
def test_a_folder_of_models_or_one_model_gives_weights(folder: Path, one_model: bool) -> None:
    weights = find_weights(NETWORK, folder / NETWORK if one_model else str(folder))
    content = (folder / NETWORK / "model.safetensors").read_bytes()
    assert weights.state is not None and weights.pretrained
    assert torch.equal(weights.state["conv.weight"], TENSORS["conv.weight"])
    assert weights.state["steps"].dtype == torch.int64
    assert weights.origin == f"folder {NETWORK}"
    assert weights.sha256 == hashlib.sha256(content).hexdigest()
    assert (weights.mean, weights.std) == ((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))
    assert weights.licence == "mit"


def test_the_environment_names_a_folder_too(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HILUM_WEIGHTS", str(folder))
    assert find_weights(NETWORK).pretrained
    assert not find_weights(NETWORK, "none").pretrained


def test_half_precision_is_read_as_float32(folder: Path) -> None:
    half = {"conv.weight": TENSORS["conv.weight"].half()}
    save_file(half, folder / NETWORK / "model.safetensors")
    state = find_weights(NETWORK, folder).state
    assert state is not None and state["conv.weight"].dtype == torch.float32


def test_a_configuration_without_statistics_means_imagenets(folder: Path) -> None:
    (folder / NETWORK / "config.json").write_text(json.dumps({"architecture": NETWORK}))
    weights = find_weights(NETWORK, folder)
    assert weights.mean == pytest.approx((0.485, 0.456, 0.406))
    assert weights.std == pytest.approx((0.229, 0.224, 0.225))


def test_no_weights_are_random_initialisation_with_timms_statistics() -> None:
    weights = find_weights(NETWORK, "none")
    assert (weights.state, weights.sha256, weights.pretrained) == (None, "", False)
    assert weights.origin == "random initialisation"
    assert weights.mean == (0.5, 0.5, 0.5)


@pytest.mark.parametrize("called", ["convnext_tiny", "convnext_tiny.in12k"])
def test_weights_with_a_tag_are_found_under_either_name(tmp_path: Path, called: str) -> None:
    model = tmp_path / called
    model.mkdir()
    save_file(TENSORS, model / "model.safetensors")
    cfg = {"tag": "in12k", "input_size": [3, 192, 160]}
    entries = {"architecture": "convnext_tiny", "pretrained_cfg": cfg}
    (model / "config.json").write_text(json.dumps(entries))
    weights = find_weights("convnext_tiny.in12k", tmp_path)
    assert (weights.origin, weights.size) == (f"folder {called}", 160)
    if called == "convnext_tiny":
        assert refusal("convnext_tiny.in12k_ft_in1k", tmp_path) == (
            f"{model} holds weights of convnext_tiny.in12k, and the recipe's network is "
            "convnext_tiny.in12k_ft_in1k; give the weights of convnext_tiny.in12k_ft_in1k, or a "
            "recipe for convnext_tiny.in12k."
        )


def test_the_tag_selects_the_configuration() -> None:
    plain, large = (
        find_weights(name, "none")
        for name in ("convnext_tiny", "vit_base_patch16_224.augreg_in21k")
    )
    assert (plain.size, plain.mean[0]) == (224, 0.485)
    assert (large.size, large.mean[0]) == (224, 0.5)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("convnxt_tiny", "knows 'convnxt_tiny'. Did you mean 'convnext_tiny'?"),
        ("convnxt_tiny.in12k", "knows 'convnxt_tiny.in12k'. Did you mean 'convnext_tiny'?"),
        ("resnet10t.c3_in2k", "timm has no weights 'c3_in2k' of resnet10t; it has resnet10t.c3_in1k"
         ". Did you mean 'resnet10t.c3_in1k'?"),
    ],
)  # fmt: skip
def test_a_wrong_name_or_tag_is_refused_with_the_nearest(name: str, words: str) -> None:
    with pytest.raises(RecipeError) as caught:
        pretrained_config(name)
    assert str(caught.value).endswith(words)


def test_another_number_of_channels_is_refused() -> None:
    with pytest.raises(RecipeError, match="takes 6 channels, and hilum feeds three; choose anoth"):
        side_of({"input_size": (6, 224, 224)})


def test_a_network_that_timm_does_not_know_is_refused_with_the_nearest() -> None:
    with pytest.raises(RecipeError) as caught:
        find_weights("resnet50x", "none")
    assert str(caught.value).startswith(
        "[network] backbone: neither hilum nor timm knows 'resnet50x'. Did you mean 'resnet50"
    )
    assert pretrained_config(NETWORK)["hf_hub_id"] == REPOSITORY


def test_a_missing_folder_and_a_file_are_refused(folder: Path) -> None:
    with pytest.raises(UsageError) as caught:
        find_weights(NETWORK, folder / "none-there")
    assert str(caught.value) == f"there is no weights folder {folder / 'none-there'}."
    file = folder / NETWORK / "model.safetensors"
    with pytest.raises(UsageError) as caught:
        find_weights(NETWORK, file)
    assert str(caught.value) == (
        f"--weights takes a folder, and {file} is a file. It should hold {NETWORK}/config.json "
        f"and {NETWORK}/model.safetensors."
    )


def test_a_folder_without_the_network_lists_what_is_there_and_the_three_ways(
    folder: Path, tmp_path: Path
) -> None:
    assert refusal("resnet10t", folder) == (
        f"{folder} has no weights of resnet10t (there: {NETWORK}). It should hold "
        f"resnet10t/config.json and resnet10t/model.safetensors. {THREE_WAYS}"
    )
    (tmp_path / "empty").mkdir()
    assert "(there: none)" in refusal("resnet10t", tmp_path / "empty")


def test_weights_of_another_network_are_refused_by_both_names(folder: Path) -> None:
    model = folder / NETWORK
    assert refusal("resnet10t", model) == (
        f"{model} holds weights of {NETWORK}, and the recipe's network is resnet10t; give the "
        f"weights of resnet10t, or a recipe for {NETWORK}."
    )


@pytest.mark.parametrize("protocol", [2, 4, 5])
def test_a_pickle_called_safetensors_is_refused_unread(folder: Path, protocol: int) -> None:
    path = folder / NETWORK / "model.safetensors"
    path.write_bytes(pickle.dumps({"weight": [0.0] * 9}, protocol=protocol))
    assert refusal(NETWORK, folder) == (
        f"{path} can't be used: it is a pickle, which could run code, and is not read."
    )


def test_torchs_own_format_called_safetensors_is_refused_unread(folder: Path) -> None:
    path = folder / NETWORK / "model.safetensors"
    torch.save(TENSORS, path)
    assert "it is a pickle, which could run code, and is not read" in refusal(NETWORK, folder)


@pytest.mark.parametrize("name", ["pytorch_model.bin", "model.pth", "model.pt", "model.ckpt"])
def test_a_format_that_may_run_code_is_refused_by_name(folder: Path, name: str) -> None:
    model = folder / NETWORK
    (model / "model.safetensors").rename(model / name)
    assert refusal(NETWORK, folder) == (
        f"{model} holds {name}, which may be a pickle and run code when it is loaded; hilum reads "
        "only model.safetensors (convert it with the safetensors package)."
    )


@pytest.mark.parametrize("size", [0, 4, 60])
def test_a_truncated_file_is_refused(folder: Path, size: int) -> None:
    path = folder / NETWORK / "model.safetensors"
    path.write_bytes(path.read_bytes()[:size])
    assert refusal(NETWORK, folder).startswith(
        f"{path} can't be used: it is not a complete safetensors file ("
    )


def test_a_model_without_its_configuration_is_refused(folder: Path) -> None:
    model = folder / NETWORK
    (model / "config.json").unlink()
    assert refusal(NETWORK, folder) == f"{model} has no config.json to say which network it is."


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"{", " is not JSON (Expecting property name"),
        (b"\xff", " is not JSON ('utf-8' codec"),
        (b"[]", " holds no JSON object; copy the folder again."),
    ],
)
def test_a_broken_configuration_is_refused(folder: Path, content: bytes, sentence: str) -> None:
    path = folder / NETWORK / "config.json"
    path.write_bytes(content)
    assert refusal(NETWORK, folder).startswith(f"{path}{sentence}")


def test_weights_for_one_channel_are_refused(folder: Path) -> None:
    entries = {"architecture": NETWORK, "pretrained_cfg": {"mean": [0.5], "std": [0.5]}}
    (folder / NETWORK / "config.json").write_text(json.dumps(entries))
    assert refusal(NETWORK, folder) == "the weights expect 1 channels, and hilum feeds three."


def test_a_hub_out_of_reach_is_told_within_seconds_with_the_three_ways(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", f"http://127.0.0.1:{port}")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    began = time.perf_counter()
    message = refusal(NETWORK, None)
    assert time.perf_counter() - began < 5
    assert message.startswith(
        f"the weights of {NETWORK} can't be downloaded: 127.0.0.1 can't be reached ("
    )
    assert message.endswith(f" {THREE_WAYS}")


def test_the_three_ways_are_three() -> None:
    assert "connect to the internet once" in THREE_WAYS
    assert "--weights DIR (or set HILUM_WEIGHTS)" in THREE_WAYS
    assert "--weights none" in THREE_WAYS


def test_a_network_without_weights_to_download_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hilum.learn.weights.pretrained_config", lambda _: {})
    assert refusal(NETWORK, None) == f"timm has no weights of {NETWORK} to download. {THREE_WAYS}"


class Hub(BaseHTTPRequestHandler):
    """Speaks as much of timm's hub as a download needs."""

    content = save(TENSORS)
    requested: list[tuple[str, str]]

    def do_HEAD(self) -> None:
        self.answer()

    def do_GET(self) -> None:
        self.answer()

    def answer(self) -> None:
        self.requested.append((self.command, self.path))
        found = self.path == f"/{REPOSITORY}/resolve/main/model.safetensors"
        self.send_response(200 if found else 404)
        if found:
            self.send_header("ETag", f'"{hashlib.sha256(self.content).hexdigest()}"')
            self.send_header("X-Repo-Commit", "0" * 40)
        self.send_header("Content-Length", str(len(self.content) if found else 0))
        self.end_headers()
        if found and self.command == "GET":
            self.wfile.write(self.content)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@pytest.fixture
def hub() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """A hub on this machine: its address and what was requested of it."""
    requested: list[tuple[str, str]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Own", (Hub,), {"requested": requested}))
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", requested
    server.shutdown()
    server.server_close()
    thread.join()


TWICE = f"""
from hilum.learn.weights import find_weights
for _ in range(2):
    found = find_weights("{NETWORK}")
    total = found.state["conv.weight"].sum()
    print(found.origin, found.sha256, found.licence, found.mean[0], total)
"""


def test_weights_are_downloaded_once_and_then_kept(
    hub: tuple[str, list[tuple[str, str]]], tmp_path: Path
) -> None:
    address, requested = hub
    proxies = {"HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "HF_HUB_OFFLINE", "HILUM_WEIGHTS"}
    environment = {
        **{name: value for name, value in os.environ.items() if name.upper() not in proxies},
        "HF_ENDPOINT": address,
        "HF_HOME": str(tmp_path),
        "HF_HUB_CACHE": str(tmp_path / "hub"),
        "HF_HUB_DISABLE_XET": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", TWICE], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    digest = hashlib.sha256(Hub.content).hexdigest()
    assert done.stdout.splitlines() == [f"timm (r160_in1k) {digest} apache-2.0 0.5 tensor(15.)"] * 2
    path = f"/{REPOSITORY}/resolve/main/model.safetensors"
    assert requested == [("HEAD", path), ("GET", path)]
