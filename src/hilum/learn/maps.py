"""Grad-CAM: where in the slice the score of a class came from (Selvaraju et al. 2017, eq. 1, 2).

Tensor hooks, not module hooks: a module's backward hook breaks where the activation behind it
works in place, as in DenseNet and VGG. Maps are kept as they are computed: not scaled, not
clipped from above, so that an empty map stays empty and two maps can be compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from hilum.errors import RunError
from hilum.known_networks import nearest
from hilum.learn.data import as_batch
from hilum.learn.networks import Classifier
from hilum.learn.predict import Member

__all__ = ["grad_cam", "mean_grad_cam", "mean_of_maps", "upsample_map"]

Maps = npt.NDArray[np.float32]


def grad_cam(
    network: Classifier,
    grey: npt.NDArray[np.uint8],
    target: npt.NDArray[np.int64],
    *,
    layer: str = "",
) -> Maps:
    """Return the Grad-CAM maps (n, rows, columns) float32 of a batch, at the layer's resolution.

    The weights of the channels are the class logit's gradient averaged over the map; the map is
    the positive part of the weighted sum. Values are in logits per pixel of the map, 0 or more.

    Args:
        network: in inference mode.
        grey: (n, size, size) uint8.
        target: (n,) index of the class that each map is for.
        layer: timm path of a module of the backbone; empty: the last feature map.

    Raises:
        RunError: the backbone has no such layer, or it gives no map.
    """
    device = next(network.parameters()).device
    kept: list[tuple[Tensor, Tensor]] = []
    hook = _module(network, layer).register_forward_hook(
        lambda _module, _inputs, output: _keep(output, kept)
    )
    try:
        with torch.enable_grad():
            logits = network(as_batch(grey, device))
            chosen = logits[torch.arange(len(grey)), torch.from_numpy(target).to(device)]
            if not kept:
                raise RunError(f"layer {layer!r} takes no part in the network's forward pass.")
            activation, handle = kept[-1]
            (gradient,) = torch.autograd.grad(chosen.sum(), handle)
    finally:
        hook.remove()
    weights = gradient.mean(dim=(2, 3), keepdim=True)
    return torch.relu((weights * activation).sum(dim=1)).float().cpu().numpy()


def mean_grad_cam(
    members: Sequence[Member],
    grey: Mapping[int, npt.NDArray[np.uint8]],
    target: npt.NDArray[np.int64],
) -> Maps:
    """Return the mean of the members' Grad-CAM maps of a batch, see `grad_cam` and `mean_of_maps`.

    Args:
        members: in inference mode.
        grey: for each member's size the same n slices, (n, size, size) uint8.
        target: (n,) index of the class that each map is for, the same for all members.
    """
    return mean_of_maps(
        [grad_cam(one.network, grey[one.size], target, layer=one.cam_layer) for one in members]
    )


def mean_of_maps(maps: Sequence[Maps]) -> Maps:
    """Return the mean (n, rows, columns) float32 of several networks' maps of the same n slices.

    The grid is the finest: as many rows, and as many columns, as any of the maps has. Coarser maps
    are enlarged to it, linearly. A map's values are logits per pixel of the map, so they are
    divided by the number of pixels that each of its pixels becomes: what a map adds up to stays,
    and no network counts for more because its map is coarse. The mean of one map is that map.
    """
    rows, columns = (max(part.shape[axis] for part in maps) for axis in (1, 2))
    on_grid = [_on_grid(part, (rows, columns)) for part in maps]
    return np.asarray(np.mean(on_grid, axis=0), dtype=np.float32)


def _on_grid(maps: Maps, shape: tuple[int, int]) -> Maps:
    """Return maps (n, rows, columns) on a finer grid, in logits per pixel of that grid."""
    if maps.shape[1:] == shape:
        return maps
    share = maps[0].size / (shape[0] * shape[1])
    return np.stack([upsample_map(one, shape) for one in maps]) * np.float32(share)


def upsample_map(cam_map: Maps, shape: tuple[int, int]) -> Maps:
    """Return a map (rows, columns) at a slice's `shape`, linear between the map's pixels."""
    resized = cv2.resize(cam_map, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized, dtype=np.float32)


def _keep(output: object, kept: list[tuple[Tensor, Tensor]]) -> Tensor:
    """Keep a layer's activation and a handle for its gradient; give the next layer a copy.

    The copy may be changed in place; what is kept may not.
    """
    if not isinstance(output, Tensor) or output.ndim != 4:
        raise RunError("Grad-CAM needs a layer whose output is a map of channels.")
    handle = output.detach().requires_grad_() if not output.requires_grad else output
    kept.append((handle.detach(), handle))
    return handle.clone()


def _module(network: Classifier, layer: str) -> nn.Module:
    """Return the module called `layer`, or the one that gives the last feature map."""
    if not layer:
        return network.last_map
    modules: dict[str, nn.Module] = dict(network.backbone.named_modules())
    if layer not in modules:
        raise RunError(f"the backbone has no layer {layer!r}.{nearest(layer, list(modules))}")
    return modules[layer]
