"""Where a backbone is cut: what of it is frozen, and what frozen batch norm does."""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm

from hilum.errors import RecipeError
from hilum.known_networks import nearest

__all__ = ["HEAD_ONLY", "WHOLE", "frozen_modules", "set_batchnorm"]

WHOLE, HEAD_ONLY = "all", "head"
"""Cuts that are no module: nothing of the backbone is frozen, or all of it."""


def frozen_modules(
    backbone: nn.Module, train_from: str, also_train: tuple[str, ...] = ()
) -> tuple[nn.Module, ...]:
    """Return the modules of `backbone` that are frozen, every one wholly.

    Args:
        backbone: a network whose modules are defined in the order in which they run, as timm's
            are at the boundaries of networks.toml and of the paper's recipes; tests check it.
        train_from: path of the first trained module; "all" freezes nothing, "head" everything.
        also_train: paths of modules before it that are trained too.

    Raises:
        RecipeError: there is no such module.
    """
    modules = [name for name, _ in backbone.named_modules() if name]
    for key, names in (("train_from", (train_from,)), ("also_train", also_train)):
        for name in names:
            if name not in (WHOLE, HEAD_ONLY, *modules):
                raise RecipeError(
                    f"[network] {key}: the backbone has no module {name!r}.{nearest(name, modules)}"
                )
    return () if train_from == WHOLE else tuple(_before(backbone, train_from, also_train))


def _before(
    backbone: nn.Module, train_from: str, also_train: tuple[str, ...]
) -> Iterator[nn.Module]:
    """Yield the modules that stand before `train_from` and hold nothing that is trained."""
    for name, module in backbone.named_modules():
        if name == train_from:
            return
        holds = any(trained.startswith(f"{name}.") for trained in (train_from, *also_train))
        within = any(f"{name}.".startswith(f"{trained}.") for trained in also_train)
        if name and not holds and not within:
            yield module


def set_batchnorm(backbone: nn.Module, *, momentum: float, eps: float) -> None:
    """Set momentum and eps of all batch norm in `backbone`; 0 keeps what is there."""
    for module in backbone.modules():
        if isinstance(module, _BatchNorm):
            module.momentum = momentum or module.momentum
            module.eps = eps or module.eps
