"""Shared by collections with volumes: choosing slices and rendering pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from hilum.storage.atomic import new_file
from hilum.storage.path_text import text_of_path
from hilum.storage.png_file import encode_png

__all__ = ["PictureWriter", "spread"]

Item = TypeVar("Item")


@dataclass(frozen=True)
class PictureWriter:
    """Writes pictures below the table's folder, and only if they changed."""

    folder: Path

    def write(self, name: str, picture: npt.NDArray[np.uint8]) -> str:
        """Write one PNG as `name` (relative); return its absolute path."""
        path = self.folder.resolve() / name
        data = encode_png(picture)
        if not path.is_file() or path.read_bytes() != data:
            with new_file(path) as draft:
                draft.write_bytes(data)
        return text_of_path(path)


def spread(items: Sequence[Item], count: int) -> list[Item]:
    """Return at most `count` of `items`, evenly spaced from first to last."""
    if len(items) <= count:
        return list(items)
    indices = np.rint((np.arange(count) + 0.5) * len(items) / count - 0.5).astype(int)
    return [items[index] for index in indices]
