"""A long prediction in parts, each a file written whole: what several processes share, and what a
prediction that was interrupted goes on from."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hilum.errors import StorageError, UsageError
from hilum.steps.predict.formats import Form, body_of, columns_of
from hilum.steps.predict.inputs import Listed
from hilum.steps.predict.stream import Answered, Predicted, Refused
from hilum.storage.atomic import write_text

__all__ = ["Draft", "Parts", "hash_of_files"]

MANIFEST = "manifest.json"


@dataclass
class Draft:
    """A part as it grows: what its first line will say, and its rows.

    Attributes:
        files: `hash_of_files` of its files.
        columns: of its rows; empty while there are none.
        called: class name -> slices.
        refused: why each file that is no slice was refused.
        passed_over: files that don't look like slices, by suffix.
        body: its rows as text.
    """

    files: str
    columns: list[str] = field(default_factory=list)
    called: dict[str, int] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    passed_over: dict[str, int] = field(default_factory=dict)
    body: str = ""

    def add(self, answered: Answered, form: Form) -> None:
        """Take in a batch."""
        self.passed_over = answered.passed_over
        self.refused += [one.reason for one in answered.outcomes if isinstance(one, Refused)]
        predicted = [one for one in answered.outcomes if isinstance(one, Predicted)]
        for one in predicted:
            self.called[one.predicted] = self.called.get(one.predicted, 0) + 1
        if predicted:
            self.columns = columns_of(predicted[0])
            self.body += body_of(predicted, form)


@dataclass(frozen=True)
class Parts:
    """The folder `OUT.parts` next to the file that is to be written.

    Attributes:
        out: that file.
    """

    out: Path

    @property
    def folder(self) -> Path:
        """Where the parts lie."""
        return self.out.with_name(f"{self.out.name}.parts")

    def manifest(self) -> dict[str, Any]:
        """Return what the parts belong to; empty where there are none."""
        return self._read(MANIFEST)

    def begin(self, manifest: dict[str, Any], *, force: bool) -> int:
        """Make the folder, or go on with the one that is there; return the parts that it holds.

        Raises:
            UsageError: it holds parts of another prediction, and `force` is not given.
            StorageError: the disk refused.
        """
        there = self.manifest()
        if there == manifest:
            return len(list(self.folder.glob("part-*")))
        if self.folder.exists() and any(self.folder.iterdir()):
            if not there:
                raise UsageError(f"{self.folder} is in the way; choose another name, or remove it.")
            differ = [key for key, value in manifest.items() if there.get(key) != value]
            if not force:
                raise UsageError(
                    f"{self.folder} holds parts of another prediction (it differs in "
                    f"{', '.join(differ)}); choose another name, or give --force to begin anew."
                )
            self.remove()
        self.write(MANIFEST, json.dumps(manifest, indent=1, ensure_ascii=False) + "\n")
        return 0

    def write(self, name: str, text: str) -> None:
        """Write a file of the folder, whole or not at all; errors name `out`."""
        try:
            write_text(self.folder / name, text)
        except StorageError as error:
            reason = getattr(error.__cause__, "strerror", None) or error
            raise StorageError(f"{self.out} can't be written: {reason}.") from error

    def write_part(self, number: int, draft: Draft) -> None:
        """Write a whole part."""
        told = {key: value for key, value in vars(draft).items() if key != "body"}
        self.write(_name(number), json.dumps(told, ensure_ascii=False) + "\n" + draft.body)

    def has(self, number: int, files: str) -> bool:
        """Whether a part is there, of these very files."""
        part = self.read(number)
        return part is not None and part.files == files

    def read(self, number: int) -> Draft | None:
        """Return a part, or None where it is not there or not whole."""
        try:
            text = (self.folder / _name(number)).read_text(encoding="utf-8")
            first, _, body = text.partition("\n")
            return Draft(**json.loads(first), body=body)
        except (FileNotFoundError, TypeError, ValueError):
            return None

    def announce(self, name: str, content: dict[str, Any]) -> None:
        """Write what other processes wait for."""
        self.write(name, json.dumps(content))

    def heard(self, name: str) -> dict[str, Any]:
        """Return what another process announced; empty: nothing yet."""
        return self._read(name)

    def remove(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def remove_if_empty(self) -> None:
        """Remove the folder if no part is in it: then there is nothing to go on with."""
        if not any(self.folder.glob("part-*")):
            self.remove()

    def _read(self, name: str) -> dict[str, Any]:
        try:
            told = json.loads((self.folder / name).read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
            return {}
        return told if isinstance(told, dict) else {}


def hash_of_files(files: Sequence[Listed]) -> str:
    """Return a hash of names, windows, sizes and times of change of a part's files."""
    text = hashlib.sha256()
    for file in files:
        try:
            told = file.path.stat()
            state = f"{told.st_size} {told.st_mtime_ns}"
        except OSError:
            state = "gone"
        text.update(f"{file.path}\0{file.window}\0{state}\0".encode(errors="surrogateescape"))
    return text.hexdigest()


def _name(number: int) -> str:
    return f"part-{number:07d}"
