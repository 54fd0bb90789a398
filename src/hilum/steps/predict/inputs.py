"""The files to predict: named, found in folders or listed in tables, in a stable order."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from hilum.errors import UsageError
from hilum.readers import Window, is_candidate, parse_window
from hilum.table import read_table

__all__ = [
    "FILES_A_SHARD",
    "TABLE_COLUMNS",
    "InputFile",
    "InputFiles",
    "InputShard",
    "check_output",
    "into_shards",
    "refuse_missing",
]

FILES_A_SHARD = 256
"""Files per shard, which is the most work that an interruption costs, and the unit that several
processes share."""

TABLE_COLUMNS = ("slice_id", "path", "label", "group", "source")
"""Columns of a slice table that its predictions repeat, so that they can be joined."""

NOT_REGULAR = "not regular files"
"""Kind of a pipe, socket or device in a folder: these are never opened."""


@dataclass(frozen=True)
class InputFile:
    """A file that may be a slice.

    Attributes:
        path: its path.
        window: of its row in a table; None where it has none.
        named: the user or a table names it, so it is refused, not skipped, if it is no slice.
        row: its TABLE_COLUMNS, where a table names it.
        problem: why it can't be read, if that was found while listing.
        frame: the frame in its row of a table; None: all frames.
    """

    path: Path
    window: Window | None = None
    named: bool = True
    row: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    frame: int | None = None

    def refusal(self) -> str:
        """Return why the file can't be a slice, without opening it; empty where it may be."""
        if self.problem:
            return self.problem
        try:
            mode = self.path.stat().st_mode
        except FileNotFoundError:
            link = "a symbolic link to a file that is missing"
            return f"{self.path}: {link if self.path.is_symlink() else 'there is no such file'}."
        except OSError as error:
            return f"{self.path}: can't be opened ({error.strerror or error})."
        if self.named and not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            return f"{self.path}: not a regular file, but a pipe, socket or device; not opened."
        return ""

    def skipped_as(self) -> str:
        """Return the kind of a file in a folder that doesn't look like a slice; else empty.

        Files in a folder are recognised by their first bytes.
        """
        if self.named:
            return ""
        if not self.path.is_file():
            return NOT_REGULAR
        unreadable = not os.access(self.path, os.R_OK)  # reading it gives the reason
        return "" if unreadable or is_candidate(self.path) else self.path.suffix or "no suffix"


@dataclass(frozen=True)
class InputShard:
    """Files that are predicted together.

    Attributes:
        number: from 0.
        files: in order; none if the shard is already predicted, or left to another process.
        state: hash of the files, if their predictions are stored in a `ShardFolder`.
    """

    number: int
    files: list[InputFile]
    state: str = ""


class InputFiles:
    """Lists the files of paths.

    Attributes:
        linked_folders: symbolic links to folders, found in folders and not followed.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self.paths = list(paths)
        self.linked_folders = 0

    def __iter__(self) -> Iterator[InputFile]:
        """Yield the named files, those of a named table, and all below folders; none is opened.

        Raises:
            UsageError: a path does not exist.
        """
        self.linked_folders = 0
        for path in self.paths:
            refuse_missing([path])
            if path.is_dir():
                yield from self._below(path)
            elif path.suffix == ".csv":
                yield from _rows(path)
            else:
                yield InputFile(path)

    def _below(self, folder: Path) -> Iterator[InputFile]:
        """Yield the files below a folder, without hidden ones, in the order of their names."""
        problems: list[OSError] = []
        for here, folders, files in os.walk(folder, onerror=problems.append):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            self.linked_folders += sum((Path(here) / name).is_symlink() for name in folders)
            for name in sorted(name for name in files if not name.startswith(".")):
                yield InputFile(Path(here) / name, named=False)
            yield from map(_unreadable, problems)
            problems.clear()
        yield from map(_unreadable, problems)


def _unreadable(error: OSError) -> InputFile:
    """Return a folder that can't be searched, as an input that is refused."""
    path = Path(str(error.filename))
    return InputFile(path, problem=f"{path}: the folder can't be searched ({error.strerror}).")


def _rows(path: Path) -> Iterator[InputFile]:
    """Yield the files of a slice table with their rows."""
    table = read_table(path)
    records = table.rows[list(TABLE_COLUMNS)].to_dict("records")
    cells = zip(table.paths(), table.rows["window"], records, strict=True)
    for number, (file, cell, record) in enumerate(cells):
        row = {str(name): str(value) for name, value in record.items()}
        window = parse_window(cell) if cell else None
        yield InputFile(file, window, row=row, frame=table.frame(number))


def refuse_missing(paths: Iterable[Path]) -> None:
    """Raise UsageError at the first path that does not exist."""
    for path in paths:
        if not path.exists():
            raise UsageError(f"there is no file or folder {path}.")


def check_output(out: Path, paths: Sequence[Path]) -> None:
    """Raise UsageError if a file to write is one of the inputs, or is in a searched folder.

    Args:
        out: the file to write.
        paths: slices, tables and folders.
    """
    target = out.resolve()
    for path in paths:
        if path.is_dir() and target.is_relative_to(path.resolve()):
            raise UsageError(
                f"{out} lies in {path}, where slices are searched for; write the predictions to "
                f"another folder."
            )
    if any(path.resolve() == target for path in paths):
        raise UsageError(f"{out} is one of the inputs; choose another name.")
    if not out.exists():
        return
    status = out.stat()
    for file in InputFiles(paths):
        if file.path.exists() and os.path.samestat(file.path.stat(), status):
            raise UsageError(f"{out} is one of the slices; choose another name.")


def into_shards(files: Iterable[InputFile]) -> Iterator[InputShard]:
    """Yield the files in shards of FILES_A_SHARD, in order."""
    files, number = iter(files), 0
    while shard := list(islice(files, FILES_A_SHARD)):
        yield InputShard(number, shard)
        number += 1
