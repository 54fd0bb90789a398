"""Where a backbone's weights come from: a folder, timm's download, or none.

A folder holds models in timm's `local-dir` form: `<timm name>/config.json` next to
`model.safetensors`. Only safetensors is read: other formats can run code when they are loaded.
"""

from __future__ import annotations

import hashlib
import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import timm
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from hilum.errors import RecipeError, UsageError, WeightsError
from hilum.known_networks import WEIGHTS_VARIABLE, nearest

__all__ = ["Weights", "find_weights", "pretrained_config"]

NO_WEIGHTS = "none"
MODEL_FILE = "model.safetensors"
CONNECT_SECONDS = 5.0
"""How long to wait for the hub to answer at all: without internet an answer comes at once."""

THREE_WAYS = (
    "Three ways out: connect to the internet once (timm's weights are then kept); "
    f"give --weights DIR (or set {WEIGHTS_VARIABLE}) to a folder with <network>/config.json and "
    f"<network>/{MODEL_FILE}; or give --weights none to start from random weights and train the "
    "whole network."
)


@dataclass(frozen=True)
class Weights:
    """What a backbone starts from.

    Attributes:
        network: timm's name of the backbone.
        state: parameter name -> tensor, or None for random initialisation.
        origin: in words: "folder NAME", "timm (TAG)", or "random initialisation".
        sha256: of the safetensors file; empty for random initialisation.
        mean, std: a channel, of slices scaled to 0..1, as the weights were trained with.
        licence: as the weights' configuration states it; may be empty.
    """

    network: str
    state: dict[str, Tensor] | None
    origin: str
    sha256: str
    mean: tuple[float, float, float]
    std: tuple[float, float, float]
    licence: str = ""

    @property
    def pretrained(self) -> bool:
        """Whether these are learnt weights, not random ones."""
        return self.state is not None


def pretrained_config(network: str) -> dict[str, Any]:
    """Return timm's default configuration of `network`.

    Raises:
        RecipeError: timm has no such network; the message names the nearest.
    """
    if not timm.is_model(network):
        raise RecipeError(
            f"[network] backbone: neither hilum nor timm knows {network!r}."
            f"{nearest(network, timm.list_models())}"
        )
    config = timm.get_pretrained_cfg(network, allow_unregistered=True)
    return dict(config.to_dict()) if config is not None else {}


def find_weights(network: str, where: Path | str | None = None) -> Weights:
    """Return the weights of the timm backbone `network`.

    Args:
        network: timm's name.
        where: a folder of local-dir models or one such model; "none"; or None: the folder in
            the environment variable HILUM_WEIGHTS, else timm's download.

    Raises:
        RecipeError: timm has no such network.
        UsageError: `where` is no folder.
        WeightsError: there are none, they belong to another network, or the file is not
            safetensors.
    """
    config = pretrained_config(network)
    where = where or os.environ.get(WEIGHTS_VARIABLE) or None
    if where is None:
        return _download(network, config)
    if str(where) == NO_WEIGHTS:
        mean, std = _statistics(config)
        return Weights(network, None, "random initialisation", "", mean, std)
    return _from_folder(network, Path(where))


def _from_folder(network: str, where: Path) -> Weights:
    """Read `network` from a folder of local-dir models, or from the one model that it is."""
    if where.is_file():
        raise UsageError(
            f"--weights takes a folder, and {where} is a file. {_what_a_folder_holds(network)}"
        )
    if not where.is_dir():
        raise UsageError(f"there is no weights folder {where}.")
    folder = where if (where / "config.json").is_file() else where / network
    if not (folder / MODEL_FILE).is_file():
        _refuse_folder(network, where, folder)
    config = _read_config(folder)
    architecture = config.get("architecture", network)
    if architecture != network:
        raise WeightsError(
            f"{folder} holds weights of {architecture}, and the recipe's network is {network}; "
            f"give the weights of {network}, or a recipe for {architecture}."
        )
    cfg = config.get("pretrained_cfg", {})
    mean, std = _statistics(cfg)
    return Weights(
        network,
        *_load(folder / MODEL_FILE, f"folder {folder.name}"),
        mean=mean,
        std=std,
        licence=str(cfg.get("license", "")),
    )


def _refuse_folder(network: str, where: Path, folder: Path) -> None:
    """Say why a folder gives no weights for `network`."""
    unsafe = [p.name for suffix in ("bin", "pth", "pt", "ckpt") for p in folder.glob(f"*.{suffix}")]
    if unsafe:
        raise WeightsError(
            f"{folder} holds {unsafe[0]}, which may be a pickle and run code when it is loaded; "
            f"hilum reads only {MODEL_FILE} (convert it with the safetensors package)."
        )
    there = sorted(p.parent.name for p in where.glob(f"*/{MODEL_FILE}"))
    raise WeightsError(
        f"{where} has no weights of {network} (there: {', '.join(there) or 'none'}). "
        f"{_what_a_folder_holds(network)} {THREE_WAYS}"
    )


def _what_a_folder_holds(network: str) -> str:
    return f"It should hold {network}/config.json and {network}/{MODEL_FILE}."


def _read_config(folder: Path) -> dict[str, Any]:
    """Read config.json next to a model."""
    path = folder / "config.json"
    try:
        config = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise WeightsError(f"{folder} has no config.json to say which network it is.") from None
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise WeightsError(f"{path} is not JSON: {error}.") from None
    if not isinstance(config, dict):
        raise WeightsError(f"{path} should hold a JSON object.")
    return config


def _load(path: Path, origin: str) -> tuple[dict[str, Tensor], str, str]:
    """Return tensors (float32), origin and hash of a safetensors file; refuse all else."""
    try:
        state = load_file(path)
    except (SafetensorError, OSError) as error:
        with path.open("rb") as file:
            start = file.read(2)
        pickled = start in (b"PK", b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
        why = (
            "it is a pickle, which could run code, and is not read"
            if pickled
            else f"it is no whole safetensors file ({error})"
        )
        raise WeightsError(f"{path} can't be used: {why}.") from None
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    state = {k: v.float() if v.is_floating_point() else v for k, v in state.items()}
    return state, origin, digest


def _download(network: str, config: dict[str, Any]) -> Weights:
    """Fetch timm's weights from its hub, or take them from where they were kept."""
    from huggingface_hub import hf_hub_download, try_to_load_from_cache

    repository = config.get("hf_hub_id")
    if not repository:
        raise WeightsError(f"timm has no weights of {network} to download. {THREE_WAYS}")
    kept = try_to_load_from_cache(repository, MODEL_FILE)
    try:
        if not isinstance(kept, str):
            _knock()
            kept = hf_hub_download(repository, MODEL_FILE, etag_timeout=CONNECT_SECONDS)
    except OSError as error:
        raise WeightsError(
            f"the weights of {network} can't be downloaded: "
            f"{str(error).strip().splitlines()[0]}. {THREE_WAYS}"
        ) from None
    mean, std = _statistics(config)
    origin = f"timm ({config.get('tag') or 'default'})"
    return Weights(
        network, *_load(Path(kept), origin), mean=mean, std=std, licence=config.get("license") or ""
    )


def _knock() -> None:
    """Raise OSError at once where the hub can't be reached, before its client tries for long."""
    from huggingface_hub.constants import ENDPOINT

    if any(os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY")):
        return
    url = urlsplit(ENDPOINT)
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        socket.create_connection((url.hostname or "", port), CONNECT_SECONDS).close()
    except OSError as error:
        raise OSError(f"{url.hostname} can't be reached ({error})") from None


def _statistics(
    config: dict[str, Any],
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """Return mean and std of a timm configuration; ImageNet's where it has none."""
    mean = tuple(map(float, config.get("mean", timm.data.IMAGENET_DEFAULT_MEAN)))
    std = tuple(map(float, config.get("std", timm.data.IMAGENET_DEFAULT_STD)))
    if len(mean) != 3 or len(std) != 3:
        raise WeightsError(f"the weights want {len(mean)} channels, and hilum feeds three.")
    return mean, std
