"""One forward and one backward pass: maps of any layers of a network, and the logits they explain.

Tensor hooks, not module hooks, catch the gradient: a module's backward hook breaks where the next
activation works in place, as in DenseNet and VGG. Maps are returned as computed: not scaled, not
clipped from above, so that an empty map stays empty and two maps can be compared.
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

__all__ = ["Pass", "Said", "constant_parameters", "map_layers"]

Maps = npt.NDArray[np.float32]


class Said(NamedTuple):
    """Logits and maps of n slices.

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
        network: in inference mode; not changed, no gradients remain.
        grey: (n, size, size) uint8.
        target: (n,) index of the class that each map is for.
        looked: the layers. Where they are averaged, each layer's map is divided by its maximum in
            the slice and upsampled bilinearly to the finest of their grids: values are then 0 to 1.
            Of a layer that runs more than once the last run counts.
        method: see METHODS.

    Raises:
        RunError: a layer gives no map, or does not run.
        UsageError: there is no such method.
    """
    passed = Pass(network, grey, looked=looked, method=find_method(method))
    return Said(passed.logits, passed.maps(target))


class Pass:
    """A forward pass of slices through a network that stores what their maps need.

    The logits are available at once, so that the class may be chosen by them; `maps` runs backward,
    once. Nothing is stored before the first of the layers. A layer's activation is released as soon
    as its gradient has arrived and the map is computed.

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
            hooks.enter_context(constant_parameters(network))
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
        if self._said.requires_grad:  # else the logits depend on none of the layers
            rows, columns = torch.arange(len(target)), torch.from_numpy(target)
            with torch.enable_grad():
                chosen = self._said[rows, columns.to(self._said.device)].sum()
            torch.autograd.grad(chosen, self._entrances, allow_unused=True)
        self._said, self._entrances = None, []
        found = self._layers.take()
        return (_mean_share(found) if self._averaged else found[-1]).cpu().numpy()

    def _look(self, path: str, output: object) -> Tensor:
        """Store a layer's activation until its gradient arrives; pass a copy to the next layer.

        The copy may be changed in place; the stored activation may not.
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
    """The activations that wait for their gradient, and the finished maps."""

    def __init__(self, backbone: nn.Module, method: Method) -> None:
        self.method = method
        self._backbone = backbone
        self._waiting: dict[str, tuple[int, Tensor]] = {}
        self._maps: dict[str, Tensor] = {}
        self._order: list[str] = []

    def see(self, path: str, activation: Tensor) -> int:
        """Record a layer's run; return its number among all runs."""
        if layout_of(self._backbone, activation) is None:
            raise RunError(_no_map(path, str(tuple(activation.shape[1:]))))
        self._order.append(path)
        self._waiting[path] = (len(self._order), activation)
        return len(self._order)

    def arrived(self, path: str, seen: int, gradient: Tensor | None) -> None:
        """Compute a layer's map from its activation and gradient, negative values set to 0.

        Of a layer that runs more than once only the last run counts.
        """
        number, activation = self._waiting.get(path, (0, None))
        if number != seen or activation is None:
            return
        del self._waiting[path]
        layout = layout_of(self._backbone, activation)
        assert layout is not None  # checked in `see`
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
        """Return the maps in forward order and release everything.

        The logit does not depend on a layer that no gradient reached: its gradient is zero.
        """
        for path, (seen, activation) in list(self._waiting.items()):
            self.arrived(path, seen, torch.zeros_like(activation))
        found = [self._maps[path] for path in dict.fromkeys(self._order)]
        self._waiting, self._maps = {}, {}
        return found


def _mean_share(maps: Sequence[Tensor]) -> Tensor:
    """Return the mean of maps (n, rows, columns) of several layers, each divided by its maximum.

    A map that is zero everywhere counts as zero.
    """
    grid = tuple(max(one.shape[axis] for one in maps) for axis in (1, 2))
    total = torch.zeros(len(maps[0]), *grid, device=maps[0].device)
    for one in maps:
        largest = one.amax(dim=(1, 2), keepdim=True)
        share = torch.where(largest == 0, one, one / largest)
        total += F.interpolate(share[:, None], grid, mode="bilinear", align_corners=False)[:, 0]
    return total / len(maps)


@contextmanager
def constant_parameters(network: nn.Module) -> Iterator[None]:
    """Treat the parameters as constants within the block: no gradients for them are computed."""
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
