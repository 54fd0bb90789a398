"""Offset of a layer's effective receptive fields from the centres of its map's cells.

A convolution with a stride and padding on both sides is centred on the first pixel of its cell, not
on the middle: pixel i of a map that is 32 times smaller is centred on row 32 i of the input, while
the centre of its cell is row 32 i + 15.5. Other paths through the network (pooling, wider kernels)
have other centres, and the weights decide which path counts. So the offset is measured.
"""

from __future__ import annotations

import torch
from torch import Tensor

from hilum.learn.backbone import layout_of
from hilum.learn.maps.forward_pass import constant_parameters
from hilum.learn.networks import Classifier
from hilum.prepare import batches

__all__ = ["measure_offset"]

NOISE = 16
"""Number of noise images: noise favours no pixel of the input by its content."""
AT_ONCE = 2
"""Noise images of one pass: its activations are held until its gradient is computed, 80 MB an image
in MobileNetV2 at 224 pixels."""
SEED = 0


def measure_offset(network: Classifier, path: str, *, size: int) -> tuple[float, float]:
    """Return the offset of a layer's receptive fields from its cells' centres, down and right.

    The effective receptive field (Luo et al. 2016, arXiv 1701.04128, section 3) of the pixels in
    the middle of the map is the squared gradient of a random mix of their channels with respect to
    the input. The offset is its centre of mass minus the centre of the pixel's cell; the median
    over noise images. It is accurate to about a hundredth of the size where the field is as wide as
    the slice, and better for finer layers.

    Args:
        network: in inference mode; not changed.
        path: timm path of the layer; empty: the last feature map.
        size: side of the network's square input, pixels.

    Returns:
        rows and columns, as fractions of the slice's; (0, 0) where no gradient reaches the input.
    """
    dice = torch.Generator().manual_seed(SEED)
    noise = torch.rand(NOISE, 1, size, size, generator=dice) * 255
    weights: list[Tensor] = []
    mix: Tensor | None = None
    with constant_parameters(network), torch.enable_grad():
        for chunk in batches(NOISE, AT_ONCE):
            picture = noise[chunk].to(network.mean.device).requires_grad_()
            seen = _map_of(network, path, picture)
            if seen is None:
                return 0.0, 0.0
            down, right = seen.shape[2:]
            rows, columns = _middle(down), _middle(right).roll(1)
            mixed = seen[torch.arange(len(picture)), :, rows[chunk], columns[chunk]]
            if mix is None:
                mix = torch.randn(NOISE, mixed.shape[1], generator=dice)
            response = (mixed * mix[chunk].to(mixed.device)).sum()
            if not response.requires_grad:
                return 0.0, 0.0
            (slope,) = torch.autograd.grad(response, picture)
            weights.append(slope[:, 0].double().square().cpu())
    weight = torch.cat(weights)
    return (
        _neighbour_cell(weight.sum(dim=2), rows, down),
        _neighbour_cell(weight.sum(dim=1), columns, right),
    )


def _map_of(network: Classifier, path: str, picture: Tensor) -> Tensor | None:
    """Return a layer's map (n, channels, rows, columns) of a batch; None where it gives none."""
    outputs: list[Tensor] = []
    module = network.backbone.get_submodule(path) if path else network.last_map
    hook = module.register_forward_hook(lambda _m, _i, output: outputs.append(output.clone()))
    try:
        network.features(picture)
    finally:
        hook.remove()
    layout = layout_of(network.backbone, outputs[-1]) if outputs else None
    return None if layout is None else layout.as_map(outputs[-1])


def _middle(cells: int) -> Tensor:
    """Return the middle cell of `cells`, or the two middle ones in turn, twice each."""
    places = torch.tensor([(cells - 1) // 2, (cells - 1) // 2, cells // 2, cells // 2])
    return places.repeat(NOISE // 4)


def _neighbour_cell(weight: Tensor, cell: Tensor, cells: int) -> float:
    """Return the distance of the centre of mass from the cells' centres, as a share of the side.

    Args:
        weight: (n, side) along the side, 0 or more.
        cell: (n,) number of each row's cell.
        cells: on the side.
    """
    total = weight.sum(dim=1)
    if not (total > 0).all():
        return 0.0
    positions = torch.arange(weight.shape[1], dtype=torch.float64) + 0.5
    centre = (weight * positions).sum(dim=1) / total / weight.shape[1]
    return float((centre - (cell + 0.5) / cells).median())
