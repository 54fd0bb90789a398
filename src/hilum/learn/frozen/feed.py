"""Feeding the tail of a network with stored outputs of its frozen part."""

from __future__ import annotations

import hashlib
import math

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from hilum.learn.augment import warped_batch
from hilum.learn.frozen.engine import fastest_part
from hilum.learn.frozen.records import Records, halved, record_name
from hilum.learn.frozen.submodules import FrozenPart, Tail

__all__ = ["FrozenFeed", "part_key"]


class FrozenFeed:
    """The tail of a network, fed from records; missing ones are computed and stored.

    The tail gets the same numbers, rounded to half precision, whether they were stored or just
    computed, so that a resumed training equals an uninterrupted one. Either all slices of a batch
    are computed or none: rounding may depend on the composition of a batch.

    Attributes:
        network: the tail.
        records: where outputs are stored.
    """

    def __init__(
        self, part: FrozenPart, tail: Tail, *, size: int, precision: torch.dtype = torch.float32
    ) -> None:
        """Take the two parts of a network with an input of `size` x `size` pixels.

        Args:
            part, tail: see `hilum.learn.frozen.submodules.split_network`.
            size: pixels.
            precision: of the frozen part; bfloat16 where the hardware supports it.
        """
        self.network = tail
        self.part = part.eval()
        self.precision = precision
        self.run = fastest_part(part, size=size, precision=precision)
        given = self.run(torch.zeros(1, 1, size, size, device=part.mean.device))
        self.shapes = tuple(tuple(_rows_last(tensor).shape[1:]) for tensor in given)
        self.records = Records(None, sum(math.prod(shape) for shape in self.shapes))

    def inputs(
        self,
        grey: npt.NDArray[np.uint8],
        maps: npt.NDArray[np.float32] | None,
        device: torch.device | str,
    ) -> tuple[Tensor, ...]:
        """Return the tail's inputs for slices (n, size, size) uint8, warped by maps (n, 2, 3)."""
        views = [None] * len(grey) if maps is None else list(maps)
        names = [record_name(one, view) for one, view in zip(grey, views, strict=True)]
        stored = [self.records.read(name) for name in names]
        found = [numbers for numbers in stored if numbers is not None]
        if len(found) < len(names):
            found = [halved(row) for row in self.compute(grey, maps, device)]
            for name, numbers in zip(names, found, strict=True):
                self.records.write(name, numbers)
        return self._as_inputs(np.stack(found), device)

    def compute(
        self,
        grey: npt.NDArray[np.uint8],
        maps: npt.NDArray[np.float32] | None,
        device: torch.device | str,
    ) -> npt.NDArray[np.float32]:
        """Return the outputs of the frozen part, (n, numbers per slice), channels last."""
        given = self.run(warped_batch(grey, maps, device))
        flat = [_rows_last(tensor).float().flatten(1) for tensor in given]
        return np.asarray(torch.cat(flat, dim=1).cpu().numpy(), dtype=np.float32)

    def _as_inputs(
        self, numbers: npt.NDArray[np.float16 | np.float32], device: torch.device | str
    ) -> tuple[Tensor, ...]:
        """Return the tensors (n, ...) float32 that were flattened into `numbers` (n, all)."""
        rows = torch.from_numpy(numbers).to(device)
        ends = np.cumsum([math.prod(shape) for shape in self.shapes]).tolist()
        return tuple(
            _channels_first(rows[:, end - math.prod(shape) : end].float().view(-1, *shape))
            for shape, end in zip(self.shapes, ends, strict=True)
        )


def part_key(feed: FrozenFeed, size: int) -> str:
    """Return a hash of everything that a record depends on except the slice and its view."""
    identity = (repr(feed.part), feed.part.features.code, feed.shapes, size, feed.precision,
            torch.__version__, feed.part.mean.device.type)  # fmt: skip
    content = hashlib.sha256(repr(identity).encode())
    for name, tensor in sorted(feed.part.state_dict().items()):
        content.update(name.encode())
        content.update(tensor.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy())
    return content.hexdigest()[:40]


def _rows_last(tensor: Tensor) -> Tensor:
    """Return a map (n, c, rows, columns) as (n, rows, columns, c), its order in memory."""
    return tensor.permute(0, 2, 3, 1) if tensor.ndim == 4 else tensor


def _channels_first(tensor: Tensor) -> Tensor:
    """Return (n, rows, columns, c) as a map (n, c, rows, columns), without copying."""
    return tensor.permute(0, 3, 1, 2) if tensor.ndim == 4 else tensor
