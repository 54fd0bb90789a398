"""The files that a user named: found below folders and in tables, in an order that stays."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from hilum.errors import UsageError
from hilum.readers import Window, is_candidate, parse_window
from hilum.table import read_table

__all__ = ["FILES_A_PART", "Found", "Listed", "in_parts", "refuse_missing"]

FILES_A_PART = 256
"""Files that are predicted together, in batches of their own: what an interruption costs at most,
and what several processes share the work by."""


@dataclass(frozen=True)
class Listed:
    """A file that may be a slice.

    Attributes:
        path: where it lies.
        window: that of its row in a table; None where it has none.
        named: it was named, or a table names it: it is no slice only if reading it says so.
    """

    path: Path
    window: Window | None = None
    named: bool = True

    def looks_like_slice(self) -> bool:
        """Whether it should be read; what lies in a folder is told by its first bytes."""
        return self.named or is_candidate(self.path)


@dataclass
class Found:
    """How many files were passed over, by suffix, and remarks.

    The remarks are sentences on how the run decides; predict makes them before its first slice.
    """

    passed_over: dict[str, int] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def listed(self, paths: Iterable[Path]) -> Iterator[Listed]:
        """Yield the named files, those of a named table, and all below folders; none is opened.

        Raises:
            UsageError: a path does not exist.
        """
        for path in paths:
            refuse_missing([path])
            if path.is_dir():
                yield from _below(path)
            elif path.suffix == ".csv":
                table = read_table(path)
                for file, cell in zip(table.paths(), table.rows["window"], strict=True):
                    yield Listed(file, parse_window(cell) if cell else None)
            else:
                yield Listed(path)

    def pass_over(self, counted: dict[str, int]) -> None:
        """Add files, by suffix, to those that were passed over."""
        for suffix, count in counted.items():
            self.passed_over[suffix] = self.passed_over.get(suffix, 0) + count


def refuse_missing(paths: Iterable[Path]) -> None:
    """Raise UsageError at the first path that does not exist."""
    for path in paths:
        if not path.exists():
            raise UsageError(f"there is no file or folder {path}.")


def in_parts(files: Iterable[Listed]) -> Iterator[tuple[int, list[Listed]]]:
    """Yield number and files of each part, in order."""
    files, number = iter(files), 0
    while part := list(islice(files, FILES_A_PART)):
        yield number, part
        number += 1


def _below(folder: Path) -> Iterator[Listed]:
    """Yield the files below a folder, without hidden ones, in the order of their names."""
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(name for name in files if not name.startswith(".")):
            yield Listed(Path(here) / name, named=False)
