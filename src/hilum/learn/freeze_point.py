"""The freeze point of a backbone: which modules are frozen, and what frozen batch norm does.

networks.toml has the freeze points of the paper's nine networks. For any other network of timm it
is determined: see `choose_freeze_point`.
"""

from __future__ import annotations

from collections.abc import Iterator

from torch import nn

from hilum.catalogue.suggest import nearest
from hilum.errors import RecipeError
from hilum.learn.gradient_reach import reached_parameters

__all__ = [
    "BATCH_NORMS",
    "HEAD_ONLY",
    "PAPER_SHARE",
    "WHOLE",
    "choose_freeze_point",
    "frozen_modules",
    "frozen_parameters",
    "set_batchnorm",
]

BATCH_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d, nn.SyncBatchNorm)
"""Types of batch norm; timm's inherit from them."""
WHOLE, HEAD_ONLY = "all", "head"
"""Freeze points other than a module: all of the backbone is trained, or only the head."""
PAPER_SHARE = 0.7
"""Share of the layers that the paper freezes."""
DEEPEST = 4
"""Most names in the path of a boundary, such as `layers.2.blocks.4`. Deeper ones lie in branches,
and testing each costs a forward and a backward pass."""
TRIED = 24
"""Number of nearest boundaries that are tested; after them only top-level modules."""


def frozen_modules(
    backbone: nn.Module, train_from: str, also_train: tuple[str, ...] = ()
) -> tuple[nn.Module, ...]:
    """Return the modules of `backbone` that are completely frozen.

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


def frozen_parameters(
    backbone: nn.Module, train_from: str, also_train: tuple[str, ...] = ()
) -> list[nn.Parameter]:
    """Return the parameters before a freeze point: those of the frozen modules, and loose ones.

    Loose parameters belong to no layer but to the network itself or to the stage that contains the
    freeze point: class tokens, position embeddings. They act at the input and are frozen with it.
    """
    frozen = [p for m in frozen_modules(backbone, train_from, also_train) for p in m.parameters()]
    if train_from == WHOLE:
        return frozen
    holders = [m for name, m in backbone.named_modules() if _holds(name, train_from)]
    return frozen + [p for holder in holders for p in holder.parameters(recurse=False)]


def choose_freeze_point(backbone: nn.Module, *, size: int, share: float = PAPER_SHARE) -> str:
    """Return the clean boundary that freezes as close to `share` of the layers as possible.

    A boundary is the start of a module with layers of its own (a stage, a block), or of a
    convolution in a plain sequence. It is clean if everything after it depends on what runs before
    it only through its input: no shortcut or parallel branch bypasses it. That is tested, not
    guessed: with the input detached, the gradient must reach every parameter from the boundary on
    and no other. If none of those tested (TRIED) is clean, the complete network is trained.

    Args:
        backbone: any network of timm; not changed.
        size: side of the square input, pixels.
        share: of the layers (modules with parameters of their own) before the boundary, 0 to 1;
            0 is "all", 1 is "head".
    """
    if share <= 0 or share >= 1:
        return WHOLE if share <= 0 else HEAD_ONLY
    before = _shares(backbone)
    places = sorted(
        (path for path in _places(backbone) if before[path] > 0),
        key=lambda path: abs(before[path] - share),
    )
    places = places[:TRIED] + [path for path in places[TRIED:] if "." not in path]
    used = reached_parameters(backbone, size)
    return next((path for path in places if _is_clean(backbone, path, size, used)), WHOLE)


def set_batchnorm(backbone: nn.Module, *, momentum: float, eps: float) -> None:
    """Set momentum and eps of all batch norm in `backbone`; 0 leaves a value as it is."""
    for module in backbone.modules():
        if isinstance(module, BATCH_NORMS):
            module.momentum = momentum or module.momentum
            module.eps = eps or module.eps


def _before(
    backbone: nn.Module, train_from: str, also_train: tuple[str, ...]
) -> Iterator[nn.Module]:
    """Yield the modules before `train_from` that contain nothing that is trained."""
    for name, module in backbone.named_modules():
        if name == train_from:
            return
        holds = any(_holds(name, trained) for trained in (train_from, *also_train))
        within = any(f"{name}.".startswith(f"{trained}.") for trained in also_train)
        if name and not holds and not within:
            yield module


def _holds(name: str, path: str) -> bool:
    """Whether the module `name` ("" is the backbone) contains the module `path`."""
    return not name or path.startswith(f"{name}.")


def _own(module: nn.Module) -> list[nn.Parameter]:
    """Return the parameters of `module` itself, without its children's."""
    return list(module.parameters(recurse=False))


def _shares(backbone: nn.Module) -> dict[str, float]:
    """Return path -> share of the layers that are defined before the module."""
    modules = {path: module for path, module in backbone.named_modules() if path}
    count, passed = sum(bool(_own(module)) for module in modules.values()), 0
    shares = {}
    for path, module in modules.items():
        shares[path] = passed / max(count, 1)
        passed += bool(_own(module))
    return shares


def _places(backbone: nn.Module) -> Iterator[str]:
    """Yield the paths of the modules that can be a boundary.

    A module with convolutions or dense layers as direct children that is no plain sequence is a
    block: nothing inside it is a boundary.
    """
    inside = dict(backbone.named_modules())
    for path, module in inside.items():
        parent = inside[path.rpartition(".")[0]]
        row = isinstance(parent, nn.Sequential)
        block = not row and parent is not backbone and any(map(_is_layer, parent.children()))
        layered = any(_own(layer) for child in module.children() for layer in child.modules())
        deep = path.count(".") >= DEEPEST
        if path and not deep and not block and (layered or (row and _is_layer(module))):
            yield path


def _is_layer(module: nn.Module) -> bool:
    """Whether `module` is a convolution or a dense layer: it has a weight matrix of its own."""
    return any(parameter.ndim > 1 for parameter in _own(module))


def _is_clean(backbone: nn.Module, path: str, size: int, used: set[int]) -> bool:
    """Whether only the input of module `path` connects what runs before it with what runs after.

    `used` holds the ids of the parameters that the features depend on.
    """
    frozen = {id(p) for p in frozen_parameters(backbone, path)}
    loose = {id(p) for p in _loose(backbone, path)}
    reached = reached_parameters(backbone, size, stop=path)
    return reached - loose == used - frozen


def _loose(backbone: nn.Module, path: str) -> Iterator[nn.Parameter]:
    for name, module in backbone.named_modules():
        if _holds(name, path):
            yield from _own(module)
