"""Checkpoints: what is saved comes back, and what is broken is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors import SafetensorError
from torch import nn

from hilum.errors import RunError, StorageError
from hilum.learn.checkpoint import (
    TrainingProgress,
    best_weights,
    load_checkpoint,
    load_weights,
    save_checkpoint,
    save_weights,
)


def network(seed: int, width: int = 4) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, width), nn.BatchNorm1d(width), nn.Linear(width, 2))


def optimiser_of(net: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.AdamW(net.parameters(), lr=0.1)


def step(net: nn.Module, optimiser: torch.optim.Optimizer) -> None:
    loss = net(torch.arange(12.0).reshape(4, 3)).square().mean()
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()


def same(one: nn.Module, other: nn.Module) -> bool:
    return all(
        torch.equal(a, b)
        for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    )


def test_weights_come_back_with_the_statistics_of_batch_norm(tmp_path: Path) -> None:
    one, other = network(0), network(1)
    step(one, optimiser_of(one))
    save_weights(one, tmp_path / "w.safetensors")
    load_weights(other, tmp_path / "w.safetensors")
    assert same(one, other)


def test_no_checkpoint_is_no_epoch(tmp_path: Path) -> None:
    net = network(0)
    trained = load_checkpoint(tmp_path, net, optimiser_of(net))
    assert (trained.epochs, trained.best_epoch) == (0, 0)


def test_a_checkpoint_brings_back_network_optimiser_and_history(tmp_path: Path) -> None:
    one, other = network(0), network(1)
    first, second = optimiser_of(one), optimiser_of(other)
    step(one, first)
    history = [{"epoch": 1, "loss": 0.1 + 0.2, "auc": float("nan")}]
    save_checkpoint(tmp_path, one, first, TrainingProgress(history, 1))
    back = load_checkpoint(tmp_path, other, second)
    assert back.history[0]["loss"] == 0.1 + 0.2
    assert back.history[0]["auc"] != back.history[0]["auc"]
    assert back.best_epoch == 1
    assert same(one, other)
    step(one, first)
    step(other, second)
    assert same(one, other)  # the optimiser's moments are back too


def test_only_the_best_epochs_network_is_kept(tmp_path: Path) -> None:
    net = network(0)
    optimiser = optimiser_of(net)
    trained = TrainingProgress()
    states = []
    for best in (1, 1, 3):
        step(net, optimiser)
        states.append({k: v.clone() for k, v in net.state_dict().items()})
        trained.history.append({"epoch": trained.epochs + 1})
        trained.best_epoch = best
        save_checkpoint(tmp_path, net, optimiser, trained)
        assert sorted(path.name for path in tmp_path.iterdir()) == [
            f"best-{best}.safetensors",
            "state.safetensors",
        ]
        retained = network(9)
        load_weights(retained, best_weights(tmp_path, trained))
        assert torch.equal(retained.state_dict()["0.weight"], states[best - 1]["0.weight"])


@pytest.mark.parametrize("content", [b"", b"not safetensors at all", b"\x80\x02}q\x00."])
def test_a_broken_file_is_refused(tmp_path: Path, content: bytes) -> None:
    net = network(0)
    (tmp_path / "state.safetensors").write_bytes(content)
    with pytest.raises(RunError) as caught:
        load_checkpoint(tmp_path, net, optimiser_of(net))
    path = tmp_path / "state.safetensors"
    assert str(caught.value).startswith(f"{path} is no checkpoint of this recipe's network: ")
    with pytest.raises(RunError) as caught:
        load_weights(net, path)
    assert str(caught.value).startswith(f"{path} can't be loaded into the network of its run: ")
    assert "\n" not in str(caught.value)


def test_a_truncated_checkpoint_is_refused(tmp_path: Path) -> None:
    net = network(0)
    optimiser = optimiser_of(net)
    step(net, optimiser)
    save_checkpoint(tmp_path, net, optimiser, TrainingProgress([{"epoch": 1}], 1))
    path = tmp_path / "state.safetensors"
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(RunError, match="is no checkpoint of this recipe's network"):
        load_checkpoint(tmp_path, net, optimiser)


def test_the_checkpoint_of_another_network_is_refused(tmp_path: Path) -> None:
    net, wider = network(0), network(0, width=5)
    save_checkpoint(tmp_path, net, optimiser_of(net), TrainingProgress([{"epoch": 1}], 1))
    with pytest.raises(RunError, match="is no checkpoint of this recipe's network"):
        load_checkpoint(tmp_path, wider, optimiser_of(wider))
    with pytest.raises(RunError, match="can't be loaded into the network of its run"):
        load_weights(wider, tmp_path / "best-1.safetensors")


def test_weights_without_a_history_are_no_checkpoint(tmp_path: Path) -> None:
    net = network(0)
    save_weights(net, tmp_path / "state.safetensors")
    with pytest.raises(RunError, match="is no checkpoint of this recipe's network"):
        load_checkpoint(tmp_path, net, optimiser_of(net))


def test_missing_weights_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="can't be loaded into the network of its run"):
        load_weights(network(0), tmp_path / "none.safetensors")


def test_a_full_disk_is_a_storage_error_and_keeps_the_last_epoch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = network(0)
    save_weights(net, tmp_path / "w.safetensors")
    before = (tmp_path / "w.safetensors").read_bytes()

    def refuse(*_: object, **__: object) -> None:
        raise SafetensorError("No space left on device")

    monkeypatch.setattr("hilum.learn.checkpoint.save_file", refuse)
    with pytest.raises(StorageError) as caught:
        save_weights(network(1), tmp_path / "w.safetensors")
    assert str(caught.value) == (
        f"{tmp_path / 'w.safetensors'} can't be written: No space left on device."
    )
    assert [path.name for path in tmp_path.iterdir()] == ["w.safetensors"]
    assert (tmp_path / "w.safetensors").read_bytes() == before
