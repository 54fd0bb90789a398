"""One pass forth and one back: maps of any layers of a network, and the logits they explain.

Tensor hooks, not module hooks, catch the gradient: a module's backward hook breaks where the
activation behind it works in place, as in DenseNet and VGG. Maps are kept as they are computed: not
scaled, not clipped from above, so that an empty map stays empty and two maps can be compared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from hilum.errors import RunError
from hilum.learn.backbone import layout_of
from hilum.learn.data import as_batch
from hilum.learn.maps.layers import LAST_MAP, Looked
from hilum.learn.maps.methods import Method, find_method
from hilum.learn.networks import Classifier

__all__ = ["Pass", "Said", "map_layers"]

Maps = npt.NDArray[np.float32]


class Said(NamedTuple):
    """What a network says of n slices, and where in them it comes from.

    Attributes:
        logits: (n, classes) float32.
        maps: (n, rows, columns) float32, 0 or more, at the layer's resolution.
    """

    logits: npt.NDArray[np.float32]
    maps: Maps


def map_layers(
    network: Classifier,
    grey: npt.NDArray[np.uint8],
    target: npt.NDArray[np.int64],
    *,
    looked: Looked = LAST_MAP,
    method: str = "gradcam",
) -> Said:
    """Return the logits and maps of a batch.

    Args:
        network: in inference mode; it is left as it was, without gradients.
        grey: (n, size, size) uint8.
        target: (n,) index of the class that each map is for.
        looked: which layers. Where they are averaged, each layer's map is divided by its largest
            value in the slice and brought to the finest of their grids, linearly: values are then
            0 to 1. A layer that runs more than once is looked at when it runs last.
        method: see METHODS.

    Raises:
        RunError: a layer gives no map, or does not run.
        UsageError: there is no such method.
    """
    passed = Pass(network, grey, looked=looked, method=find_method(method))
    return Said(passed.logits, passed.maps(target))


class Pass:
    """A pass of slices through a network that remembers what is needed for their maps.

    The logits are there at once, so that the class may be chosen by them; `maps` goes back, once.
    Before the first layer that is looked at nothing is remembered. A layer's activation is let go
    as soon as its gradient has come and the map is made of both.

    Attributes:
        logits: (n, classes) float32.
    """

    def __init__(
        self, network: Classifier, grey: npt.NDArray[np.uint8], *, looked: Looked, method: Method
    ) -> None:
        self._averaged = looked.averaged
        self._layers = _Layers(network.backbone, method)
        self._entrances: list[Tensor] = []
        with ExitStack() as hooks:
            hooks.enter_context(torch.set_grad_enabled(method.needs_gradient))
            hooks.enter_context(_constant_parameters(network))
            for path in looked.paths:
                hook = _module(network, path).register_forward_hook(
                    lambda _m, _i, output, path=path: self._look(path, output)
                )
                hooks.callback(hook.remove)
            outputs = network(as_batch(grey, network.mean.device))
        self._said: Tensor | None = outputs
        self.logits: npt.NDArray[np.float32] = outputs.detach().float().cpu().numpy()
        self._layers.refuse_missing(looked.paths)

    def maps(self, target: npt.NDArray[np.int64]) -> Maps:
        """Return the maps (n, rows, columns) float32 for the class `target` (n,) of each slice."""
        assert self._said is not None, "a pass goes back once"
        if self._said.requires_grad:  # else no layer that is looked at moves them
            rows, columns = torch.arange(len(target)), torch.from_numpy(target)
            with torch.enable_grad():
                chosen = self._said[rows, columns.to(self._said.device)].sum()
            torch.autograd.grad(chosen, self._entrances, allow_unused=True)
        self._said, self._entrances = None, []
        found = self._layers.take()
        return (_mean_share(found) if self._averaged else found[-1]).cpu().numpy()

    def _look(self, path: str, output: object) -> Tensor:
        """Remember a layer's activation until its gradient comes; give the next layer a copy.

        The copy may be changed in place; what is remembered may not.
        """
        if not isinstance(output, Tensor):
            raise RunError(_no_map(path, type(output).__name__))
        if not self._layers.method.needs_gradient:
            self._layers.arrived(path, self._layers.see(path, output), None)
            return output
        handle = output
        if not output.requires_grad:
            handle = output.detach().requires_grad_()
            self._entrances.append(handle)
        seen, layers = self._layers.see(path, handle.detach()), self._layers
        handle.register_hook(  # type: ignore[no-untyped-call]
            lambda gradient: layers.arrived(path, seen, gradient)
        )
        return handle.clone()


class _Layers:
    """The activations that wait for their gradient, and the maps that are made."""

    def __init__(self, backbone: nn.Module, method: Method) -> None:
        self.method = method
        self._backbone = backbone
        self._waiting: dict[str, tuple[int, Tensor]] = {}
        self._maps: dict[str, Tensor] = {}
        self._order: list[str] = []

    def see(self, path: str, activation: Tensor) -> int:
        """Note that a layer has run; return which of all runs that was."""
        if layout_of(self._backbone, activation) is None:
            raise RunError(_no_map(path, str(tuple(activation.shape[1:]))))
        self._order.append(path)
        self._waiting[path] = (len(self._order), activation)
        return len(self._order)

    def arrived(self, path: str, seen: int, gradient: Tensor | None) -> None:
        """Make a layer's map of its activation and gradient: what of it is positive.

        Of a layer that runs more than once the last run alone counts.
        """
        number, activation = self._waiting.get(path, (0, None))
        if number != seen or activation is None:
            return
        del self._waiting[path]
        layout = layout_of(self._backbone, activation)
        assert layout is not None  # `see` has let it pass
        slope = None if gradient is None else layout.as_map(gradient).float()
        with torch.no_grad():
            found = self.method.compute(layout.as_map(activation).float(), slope)
            self._maps[path] = torch.relu(found)

    def refuse_missing(self, paths: Sequence[str]) -> None:
        """Raise RunError where a layer did not run."""
        for path in paths:
            if path not in self._order:
                raise RunError(f"layer {path!r} takes no part in the network's forward pass.")

    def take(self) -> list[Tensor]:
        """Return the maps in forward order and forget everything.

        A layer that no gradient came to doesn't move the logit: its gradient is zero.
        """
        for path, (seen, activation) in list(self._waiting.items()):
            self.arrived(path, seen, torch.zeros_like(activation))
        found = [self._maps[path] for path in dict.fromkeys(self._order)]
        self._waiting, self._maps = {}, {}
        return found


def _mean_share(maps: Sequence[Tensor]) -> Tensor:
    """Return the mean of maps (n, rows, columns) of several layers, each as share of its largest.

    A map that is zero everywhere stays so, and counts.
    """
    grid = tuple(max(one.shape[axis] for one in maps) for axis in (1, 2))
    total = torch.zeros(len(maps[0]), *grid, device=maps[0].device)
    for one in maps:
        largest = one.amax(dim=(1, 2), keepdim=True)
        share = torch.where(largest == 0, one, one / largest)
        total += F.interpolate(share[:, None], grid, mode="bilinear", align_corners=False)[:, 0]
    return total / len(maps)


@contextmanager
def _constant_parameters(network: nn.Module) -> Iterator[None]:
    """Take the parameters for constants for a while: no gradient of theirs is remembered."""
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    for parameter in trained:
        parameter.requires_grad_(False)
    try:
        yield
    finally:
        for parameter in trained:
            parameter.requires_grad_(True)


def _module(network: Classifier, path: str) -> nn.Module:
    """Return the module at `path`, or the one that gives the last feature map."""
    return network.backbone.get_submodule(path) if path else network.last_map


def _no_map(path: str, got: str) -> str:
    return (
        f"layer {path or 'last'!r} gives no map of channels but {got}; choose another layer "
        f"(`hilum info RUN --layers` lists them)."
    )
