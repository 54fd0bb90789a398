"""Checkpoints that an interrupted training resumes from: safetensors and JSON.

`state.safetensors` holds network and optimiser after the last complete epoch, and the history in
its header; `best-EPOCH.safetensors` holds the network of the best epoch. The state is written last,
so that the file it names exists whenever a training is killed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from hilum.errors import RunError, StorageError
from hilum.learn.robust.running_mean import RunningMean
from hilum.storage.atomic import new_file

__all__ = ["TrainingProgress", "load_checkpoint", "load_weights", "save_checkpoint", "save_weights"]

STATE = "state.safetensors"
NETWORK, OPTIMISER, MEAN = "network.", "optimiser.", "mean."
MEAN_STEPS = "mean_steps"

HistoryRow = dict[str, float]


@dataclass
class TrainingProgress:
    """Progress of a training: one row of history per epoch, and the best epoch so far."""

    history: list[HistoryRow] = field(default_factory=list)
    best_epoch: int = 0

    @property
    def epochs(self) -> int:
        """Number of completed epochs."""
        return len(self.history)


def save_weights(network: nn.Module, path: Path) -> None:
    """Write all parameters and buffers of `network` as safetensors, atomically."""
    _save({k: v.contiguous().cpu() for k, v in network.state_dict().items()}, path)


def load_weights(network: nn.Module, path: Path) -> None:
    """Load what `save_weights` wrote.

    Raises:
        RunError: the file is missing, broken, or of another network.
    """
    try:
        network.load_state_dict(load_file(path))
    except (OSError, SafetensorError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0]
        raise RunError(f"{path} can't be loaded into the network of its run: {reason}") from None


def save_checkpoint(
    folder: Path,
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    trained: TrainingProgress,
    mean: RunningMean | None = None,
) -> None:
    """Write the state after an epoch, and the network too if this epoch is the best so far.

    If a running mean of the weights is given, the network saved is that mean.
    """
    best = _best_file(folder, trained.best_epoch)
    if trained.best_epoch == trained.epochs:
        save_weights(mean.network if mean else network, best)
    tensors = {NETWORK + key: value for key, value in network.state_dict().items()}
    if mean:
        averaged = mean.network.state_dict().items()
        tensors |= {MEAN + key: value for key, value in averaged}
        tensors[MEAN_STEPS] = torch.tensor(mean.steps)
    for index, state in optimiser.state_dict()["state"].items():
        tensors |= {f"{OPTIMISER}{index}.{key}": torch.as_tensor(v) for key, v in state.items()}
    header = {"history": json.dumps(trained.history), "best_epoch": str(trained.best_epoch)}
    _save({k: v.contiguous().cpu() for k, v in tensors.items()}, folder / STATE, header)
    for other in folder.glob("best-*.safetensors"):
        if other != best:
            other.unlink()


def load_checkpoint(
    folder: Path,
    network: nn.Module,
    optimiser: torch.optim.Optimizer,
    mean: RunningMean | None = None,
) -> TrainingProgress:
    """Load the last complete epoch into `network` and `optimiser`; without a checkpoint: no epochs.

    A running mean of the weights, where there is one, is loaded too.

    Raises:
        RunError: the checkpoint is broken or of another network.
    """
    path = folder / STATE
    if not path.is_file():
        return TrainingProgress()
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata()
        tensors = load_file(path)
        network.load_state_dict(_below(tensors, NETWORK))
        _load_optimiser(optimiser, _below(tensors, OPTIMISER))
        if mean:
            mean.network.load_state_dict(_below(tensors, MEAN))
            mean.steps = int(tensors[MEAN_STEPS])
        return TrainingProgress(json.loads(header["history"]), int(header["best_epoch"]))
    except (OSError, SafetensorError, RuntimeError, KeyError, ValueError) as error:
        reason = str(error).strip().splitlines()[0]
        raise RunError(f"{path} is no checkpoint of this recipe's network: {reason}") from None


def best_weights(folder: Path, trained: TrainingProgress) -> Path:
    """Return the file with the network of the best epoch."""
    return _best_file(folder, trained.best_epoch)


def _best_file(folder: Path, epoch: int) -> Path:
    return folder / f"best-{epoch}.safetensors"


def _below(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the tensors under `prefix`, without it."""
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}


def _load_optimiser(optimiser: torch.optim.Optimizer, tensors: dict[str, Tensor]) -> None:
    """Load the optimiser's tensors; its settings are derived from recipe and step.

    Tensors with the shape of a parameter also get its memory format: the fused optimiser iterates
    over both without regard to strides.
    """
    parameters = [p for group in optimiser.param_groups for p in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        number, _, key = name.partition(".")
        like = parameters[int(number)]
        in_order = torch.empty_like(like).copy_(tensor) if tensor.shape == like.shape else tensor
        state.setdefault(int(number), {})[key] = in_order
    groups = optimiser.state_dict()["param_groups"]
    optimiser.load_state_dict({"state": state, "param_groups": groups})


def _save(tensors: dict[str, Tensor], path: Path, header: dict[str, str] | None = None) -> None:
    """Write safetensors atomically; a full disk is a StorageError."""
    with new_file(path) as draft:
        try:
            save_file(tensors, draft, metadata=header)
        except SafetensorError as error:
            raise StorageError(f"{path} can't be written: {error}.") from error
