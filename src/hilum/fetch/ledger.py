"""The file of checksums next to the data, which `sha256sum -c` reads too."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from hilum.storage.atomic import as_storage_error, write_text

__all__ = ["LEDGER", "Ledger", "add_line", "read_ledger"]

LEDGER = "CHECKSUMS.sha256"

SINGLY = "# fetched singly"
"""The line after the files that were unpacked from archives."""

_LINE = re.compile(r"(?P<digits>[0-9a-f]{64})  (?P<path>[^\n]+)")
_ARCHIVE = re.compile(r"# unpacked from (?P<name>.+?), sha256 (?P<digits>[0-9a-f]{64})")


@dataclass
class Ledger:
    """The SHA-256 of each file, and the files unpacked from each archive.

    Attributes:
        files: path below the folder -> digits, files out of archives included.
        archives: name -> digits of the archive, and paths of its files.
    """

    files: dict[str, str] = field(default_factory=dict)
    archives: dict[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write it atomically: the files of each archive, then those fetched singly.

        The latter come last, so that `add_line` can append to them.
        """
        packed = {path for _, paths in self.archives.values() for path in paths}
        lines: list[str] = []
        for name, (digits, paths) in sorted(self.archives.items()):
            lines += [f"# unpacked from {name}, sha256 {digits}", *self._lines(paths)]
        lines += [SINGLY] * bool(lines)
        lines += self._lines(path for path in self.files if path not in packed)
        write_text(folder / LEDGER, "".join(f"{line}\n" for line in lines))

    def _lines(self, paths: Iterable[str]) -> Iterable[str]:
        return (f"{self.files[path]}  {path}" for path in sorted(paths))


def add_line(folder: Path, path: str, digits: str) -> None:
    """Append one file at once, so that a killed fetch keeps its record.

    Raises:
        StorageError: the disk refused.
    """
    ledger = folder / LEDGER
    with (
        as_storage_error(ledger),
        ledger.open("a", encoding="utf-8", newline="\n") as file,
    ):
        file.write(f"{digits}  {path}\n")


def read_ledger(folder: Path) -> Ledger:
    """Read the folder's ledger; incomplete and foreign lines are skipped."""
    ledger = Ledger()
    if not (folder / LEDGER).is_file():
        return ledger
    archive = ""
    for line in (folder / LEDGER).read_text("utf-8", errors="replace").splitlines():
        if begun := _ARCHIVE.fullmatch(line):
            archive = begun["name"]
            ledger.archives[archive] = (begun["digits"], ())
        elif line == SINGLY:
            archive = ""
        elif found := _LINE.fullmatch(line):
            ledger.files[found["path"]] = found["digits"]
            if archive:
                digits, paths = ledger.archives[archive]
                ledger.archives[archive] = (digits, (*paths, found["path"]))
    return ledger
