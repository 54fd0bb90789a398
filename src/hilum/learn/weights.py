"""Initial weights of a backbone: from a folder, by timm's download, or none.

A folder holds models in timm's `local-dir` form: `<timm name>/config.json` next to
`model.safetensors`. Only safetensors is read: other formats can run code when they are loaded.
"""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import timm
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from hilum.catalogue.networks import WEIGHTS_VARIABLE
from hilum.catalogue.suggest import nearest
from hilum.errors import RecipeError, UsageError, WeightsError
from hilum.recipe import Recipe
from hilum.storage.json_file import read_json

__all__ = ["Weights", "find_weights", "pretrained_config", "side_of"]

NO_WEIGHTS = "none"
MODEL_FILE = "model.safetensors"
USUAL_SIZE = 224
"""Side in pixels where a configuration has none: the usual size of timm's networks."""
CONNECT_SECONDS = 5.0
"""Timeout for reaching the hub, so that a machine without internet gets its answer at once."""

Statistics = tuple[float, ...]
"""Mean or standard deviation of the three channels, grey levels 0..1."""

THREE_WAYS = (
    "Three ways out: connect to the internet once (timm's weights are then kept); "
    f"give --weights DIR (or set {WEIGHTS_VARIABLE}) to a folder with <network>/config.json and "
    f"<network>/{MODEL_FILE}; or give --weights none to start from random weights and train the "
    "whole network."
)


@dataclass(frozen=True)
class Weights:
    """The initial weights of a backbone.

    Attributes:
        network: timm's name of the backbone.
        state: parameter name -> tensor, or None for random initialisation.
        origin: in words: "folder NAME", "timm (TAG)", or "random initialisation".
        sha256: of the safetensors file; empty for random initialisation.
        mean, std: per channel, of grey levels scaled to 0..1, as in the weights' training.
        licence: as the weights' configuration states it; may be empty.
        size: side of the square that the weights were trained on, pixels.
    """

    network: str
    state: dict[str, Tensor] | None
    origin: str
    sha256: str
    mean: Statistics
    std: Statistics
    licence: str = ""
    size: int = USUAL_SIZE

    @classmethod
    def placeholder(cls, recipe: Recipe, mean: Statistics, std: Statistics) -> Weights:
        """Return weights without tensors, for a network whose tensors are loaded later.

        Args:
            recipe: names the backbone.
            mean, std: per channel, of grey levels scaled to 0..1.
        """
        return cls(recipe.timm_name, None, "", "", mean, std)

    @property
    def pretrained(self) -> bool:
        """Whether the weights are pretrained rather than random."""
        return self.state is not None


def pretrained_config(network: str) -> dict[str, Any]:
    """Return timm's configuration of `network`, which may carry a tag: `resnet50.a1_in1k`.

    Raises:
        RecipeError: timm has no such network, or no such weights of it; the message suggests the
            nearest.
    """
    architecture, _, tag = network.partition(".")
    if not timm.is_model(network):
        raise RecipeError(
            f"[network] backbone: neither hilum nor timm knows {network!r}."
            f"{nearest(architecture, timm.list_models())}"
        )
    known = timm.list_models(f"{architecture}.*", pretrained=True) if tag else []
    if tag and network not in known:
        raise RecipeError(
            f"[network] backbone: timm has no weights {tag!r} of {architecture}; it has "
            f"{', '.join(known) or 'none'}.{nearest(network, known)}"
        )
    config = timm.get_pretrained_cfg(network, allow_unregistered=True)
    return dict(config.to_dict()) if config is not None else {}


def side_of(config: dict[str, Any]) -> int:
    """Return the side of the square input of a timm configuration, pixels.

    It is the training size (`input_size`), the shorter side of a rectangle. timm's evaluation uses
    another one where `test_input_size` is set, and crops (`crop_pct`): hilum shows the complete
    slice, at one size.

    Raises:
        RecipeError: the network does not take three channels.
    """
    channels, *sides = config.get("input_size", (3, USUAL_SIZE, USUAL_SIZE))
    if channels != 3:
        raise RecipeError(
            f"[network] backbone: the network takes {channels} channels, and hilum feeds three; "
            f"choose another network."
        )
    return int(min(sides))


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
        origin = "random initialisation"
        return Weights(network, None, origin, "", mean, std, size=side_of(config))
    return _from_folder(network, Path(where))


def _from_folder(network: str, where: Path) -> Weights:
    """Read `network` from a folder of local-dir models, or from a folder that is one."""
    if where.is_file():
        raise UsageError(
            f"--weights takes a folder, and {where} is a file. {_what_a_folder_holds(network)}"
        )
    if not where.is_dir():
        raise UsageError(f"there is no weights folder {where}.")
    folder = _model_folder(network, where)
    if not (folder / MODEL_FILE).is_file():
        _refuse_folder(network, where, folder)
    config = _read_config(folder)
    cfg = config.get("pretrained_cfg", {})
    _check_network(network, config.get("architecture"), cfg.get("tag"), folder)
    mean, std = _statistics(cfg)
    return Weights(
        network,
        *_load(folder / MODEL_FILE, f"folder {folder.name}"),
        mean=mean,
        std=std,
        licence=str(cfg.get("license", "")),
        size=side_of(cfg if "input_size" in cfg else pretrained_config(network)),
    )


def _model_folder(network: str, where: Path) -> Path:
    """Return the folder of a model: `where` itself, or one in it, named with or without tag."""
    if (where / "config.json").is_file():
        return where
    tagged = where / network
    return tagged if tagged.is_dir() else where / network.partition(".")[0]


def _check_network(network: str, holds: str | None, tag: str | None, folder: Path) -> None:
    """Refuse weights of another network than the recipe's, or with another tag."""
    architecture, _, requested = network.partition(".")
    found = holds or architecture
    if found != architecture:
        raise WeightsError(
            f"{folder} holds weights of {found}, and the recipe's network is {network}; "
            f"give the weights of {network}, or a recipe for {found}."
        )
    if requested and tag and requested != tag:
        raise WeightsError(
            f"{folder} holds weights of {found}.{tag}, and the recipe's network is {network}; "
            f"give the weights of {network}, or a recipe for {found}.{tag}."
        )


def _refuse_folder(network: str, where: Path, folder: Path) -> None:
    """Return the error for a folder without usable weights of `network`."""
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
        return read_json(path, error=WeightsError, remedy="copy the folder again")
    except FileNotFoundError:
        raise WeightsError(f"{folder} has no config.json to say which network it is.") from None


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
            else f"it is not a complete safetensors file ({error})"
        )
        raise WeightsError(f"{path} can't be used: {why}.") from None
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    state = {k: v.float() if v.is_floating_point() else v for k, v in state.items()}
    return state, origin, digest


def _download(network: str, config: dict[str, Any]) -> Weights:
    """Download timm's weights from its hub, or take them from its cache."""
    from huggingface_hub import hf_hub_download, try_to_load_from_cache

    repository = config.get("hf_hub_id")
    if not repository:
        raise WeightsError(f"timm has no weights of {network} to download. {THREE_WAYS}")
    cached = try_to_load_from_cache(repository, MODEL_FILE)
    try:
        if not isinstance(cached, str):
            _knock()
            with _without_telemetry():
                cached = hf_hub_download(repository, MODEL_FILE, etag_timeout=CONNECT_SECONDS)
    except OSError as error:
        raise WeightsError(
            f"the weights of {network} can't be downloaded: "
            f"{str(error).strip().splitlines()[0]}. {THREE_WAYS}"
        ) from None
    mean, std = _statistics(config)
    origin = f"timm ({config.get('tag') or 'default'})"
    return Weights(
        network, *_load(Path(cached), origin), mean=mean, std=std,
        licence=config.get("license") or "", size=side_of(config),
    )  # fmt: skip


@contextmanager
def _without_telemetry() -> Iterator[None]:
    """Keep the hub's client from reporting the installed Python and libraries."""
    from huggingface_hub import constants

    before = constants.HF_HUB_DISABLE_TELEMETRY
    constants.HF_HUB_DISABLE_TELEMETRY = True
    try:
        yield
    finally:
        constants.HF_HUB_DISABLE_TELEMETRY = before


def _knock() -> None:
    """Raise OSError at once where the hub can't be reached: its client retries for minutes."""
    from huggingface_hub.constants import ENDPOINT

    if any(os.environ.get(name) for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY")):
        return
    url = urlsplit(ENDPOINT)
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        socket.create_connection((url.hostname or "", port), CONNECT_SECONDS).close()
    except OSError as error:
        raise OSError(f"{url.hostname} can't be reached ({error})") from None


def _statistics(config: dict[str, Any]) -> tuple[Statistics, Statistics]:
    """Return mean and std of a timm configuration; ImageNet's where it has none."""
    mean = tuple(map(float, config.get("mean", timm.data.IMAGENET_DEFAULT_MEAN)))
    std = tuple(map(float, config.get("std", timm.data.IMAGENET_DEFAULT_STD)))
    if len(mean) != 3 or len(std) != 3:
        raise WeightsError(f"the weights expect {len(mean)} channels, and hilum feeds three.")
    return mean, std
