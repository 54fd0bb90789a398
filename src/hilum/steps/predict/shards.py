"""A long prediction in shards, so that processes can share it and an interrupted one can resume."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hilum.errors import RunError, StorageError, UsageError
from hilum.steps.predict.formats import RowFormat
from hilum.steps.predict.inputs import InputFile
from hilum.steps.predict.options import PredictionSummary
from hilum.steps.predict.outcome import Predicted, Refused
from hilum.steps.predict.stream import PredictedBatch
from hilum.storage.atomic import write_text
from hilum.storage.json_file import read_json

__all__ = ["Shard", "ShardFolder", "hash_of_files"]

MANIFEST = "manifest.json"

_OWN = re.compile(r"\.?(part-\d{7}|(manifest|launch|done-\d+)\.json)(\.\w+)?")
"""Names of files in the folder; a draft starts with a point and ends with random digits."""


@dataclass
class Shard:
    """The predictions of a shard: its first line as JSON, and its rows.

    Attributes:
        files: `hash_of_files` of its files.
        columns: of its rows; empty while there are none.
        called: class name -> slices.
        refused: why each file that is no slice was refused.
        passed_over: files that don't look like slices, by suffix.
        noted: slices with notes.
        notes: kind of note -> slices, see `PredictionSummary`.
        body: its rows as text.
    """

    files: str
    columns: list[str] = field(default_factory=list)
    called: dict[str, int] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    passed_over: dict[str, int] = field(default_factory=dict)
    noted: int = 0
    notes: dict[str, int] = field(default_factory=dict)
    body: str = ""

    def add(self, batch: PredictedBatch, rows: RowFormat) -> None:
        """Add the outcomes of a batch."""
        counts = PredictionSummary(called=self.called, notes=Counter(self.notes), noted=self.noted)
        for outcome in batch.outcomes:
            counts.count(outcome)
        self.noted, self.notes, self.passed_over = (
            counts.noted,
            dict(counts.notes),
            batch.passed_over,
        )
        self.refused += [one.reason for one in batch.outcomes if isinstance(one, Refused)]
        predicted = [one for one in batch.outcomes if isinstance(one, Predicted)]
        if predicted:
            self.columns = rows.columns(predicted[0])
            self.body += rows.body(predicted)


@dataclass(frozen=True)
class ShardFolder:
    """The folder `OUT.parts` next to the file that is to be written.

    Attributes:
        out: that file.
    """

    out: Path

    @property
    def folder(self) -> Path:
        """The folder itself."""
        return self.out.with_name(f"{self.out.name}.parts")

    def manifest(self) -> dict[str, Any]:
        """Return the description of the shards' prediction; empty without shards."""
        return self._read(MANIFEST)

    def begin(self, manifest: dict[str, Any], *, force: bool) -> int:
        """Create the folder, or resume from the existing one; return how many shards it has.

        Raises:
            UsageError: it holds shards of another prediction, and `force` is not given.
            StorageError: the disk refused.
        """
        there = self.manifest()
        if there == manifest:
            return len(list(self.folder.glob("part-*")))
        if self.folder.exists() and any(self.folder.iterdir()):
            if not there and not (force and self._is_own()):
                raise UsageError(
                    f"{self.folder} exists already and holds something else; choose another name, "
                    f"or remove it."
                )
            differ = there and [key for key, value in manifest.items() if there.get(key) != value]
            if not force:
                raise UsageError(
                    f"{self.folder} holds parts of another prediction (it differs in "
                    f"{', '.join(differ)}); choose another name, or give --force to start again."
                )
            self.remove()
        self.write(MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
        return 0

    def _is_own(self) -> bool:
        """Whether the folder contains only files that a prediction writes, drafts included."""
        return all(_OWN.fullmatch(path.name) and path.is_file() for path in self.folder.iterdir())

    def write(self, name: str, text: str) -> None:
        """Write a file of the folder atomically; errors name `out`."""
        try:
            write_text(self.folder / name, text)
        except StorageError as error:
            reason = getattr(error.__cause__, "strerror", None) or error
            raise StorageError(f"{self.out} can't be written: {reason}.") from error

    def write_shard(self, number: int, shard: Shard) -> None:
        """Write a finished shard."""
        head = {key: value for key, value in vars(shard).items() if key != "body"}
        self.write(_name(number), json.dumps(head, ensure_ascii=False) + "\n" + shard.body)

    def has(self, number: int, files: str) -> bool:
        """Whether there is a shard of exactly these files."""
        shard = self.read(number)
        return shard is not None and shard.files == files

    def read(self, number: int) -> Shard | None:
        """Return a shard, or None if it is missing or damaged."""
        try:
            text = (self.folder / _name(number)).read_text(encoding="utf-8")
            first, _, body = text.partition("\n")
            return Shard(**json.loads(first), body=body)
        except (FileNotFoundError, TypeError, ValueError):
            return None

    def announce(self, name: str, content: dict[str, Any]) -> None:
        """Write a message that other processes wait for."""
        self.write(name, json.dumps(content))

    def message(self, name: str) -> dict[str, Any]:
        """Return the message of another process; empty: none yet."""
        return self._read(name)

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def remove_if_empty(self) -> None:
        """Remove the folder if it holds no shard: then there is nothing to resume from."""
        if not any(self.folder.glob("part-*")):
            self.remove()

    def _read(self, name: str) -> dict[str, Any]:
        try:
            return read_json(self.folder / name)
        except (FileNotFoundError, NotADirectoryError, RunError):
            return {}


def hash_of_files(files: Sequence[InputFile]) -> str:
    """Return a hash of names, windows, sizes and times of change of a shard's files."""
    text = hashlib.sha256()
    for file in files:
        try:
            status = file.path.stat()
            state = f"{status.st_size} {status.st_mtime_ns}"
        except OSError:
            state = "gone"
        text.update(
            f"{file.path}\0{file.window}\0{state}\0{_row_text(file)}".encode(
                errors="surrogateescape"
            )
        )
    return text.hexdigest()


def _row_text(file: InputFile) -> str:
    """Return a file's row of a table as text; empty where it has none."""
    frame = "" if file.frame is None else f"frame {file.frame}\0"
    return frame + "".join(f"{name}\0{cell}\0" for name, cell in file.row.items())


def _name(number: int) -> str:
    return f"part-{number:07d}"
