"""SOURCE.md: contents, origin, owner and terms of a fetched folder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from hilum.catalogue.collections import KnownCollection
from hilum.errors import UsageError
from hilum.fetch.client import short
from hilum.fetch.ledger import LEDGER
from hilum.fetch.options import FetchOptions
from hilum.storage.atomic import write_text

__all__ = ["SOURCE_NOTE", "Contents", "is_complete", "refuse_foreign", "write_note"]

SOURCE_NOTE = "SOURCE.md"

COMPLETE = "Everything is here, and every file was checked."
INCOMPLETE = "**Not everything is here yet**: run the same command again to resume."


@dataclass(frozen=True)
class Contents:
    """The files that a note describes.

    Attributes:
        selection: the chosen part of the collection, in words.
        files: their number.
        size: their bytes.
        unproven: how many have no published checksum.
    """

    selection: str
    files: int
    size: int
    unproven: int


def refuse_foreign(folder: Path, name: str, *, mark: str) -> None:
    """Refuse a folder with anything but an earlier fetch of the collection `name`.

    Args:
        folder: may be missing.
        name: name of the collection.
        mark: a file that is allowed in the folder.

    Raises:
        UsageError: as above.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file, but a folder is needed; choose another name.")
    held = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    if not [name_held for name_held in held if name_held != mark]:
        return
    note = folder / SOURCE_NOTE
    if not note.is_file() or not _read(note).startswith(_heading(name)):
        raise UsageError(
            f"{folder} holds other things (it has no {SOURCE_NOTE} of {name}); choose another "
            "name, or an empty folder."
        )


def is_complete(folder: Path, selection: str) -> bool:
    """Whether the folder's note declares this selection complete."""
    note = folder / SOURCE_NOTE
    return note.is_file() and COMPLETE in _read(note) and _row("what", selection) in _read(note)


def write_note(
    folder: Path,
    known: KnownCollection,
    options: FetchOptions,
    contents: Contents,
    *,
    complete: bool,
) -> None:
    """Write the note of a `complete` or just started fetch.

    Raises:
        StorageError: the disk refused.
    """
    rows = [
        ("what", contents.selection),
        ("whose", known.owner),
        ("terms", known.terms),
        ("cite", known.citation),
        ("page", known.page),
        *_origins(known, options),
        ("fetched", f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC by hilum {version('hilum')}"),
    ]
    if complete:
        rows.append(("files", f"{contents.files:,}, {contents.size:,} bytes"))
        rows.append(("checksums", _proof(contents)))
    text = [
        _heading(known.name), "", known.title + ".", "", COMPLETE if complete else INCOMPLETE, "",
        "| | |", "|---|---|", *(_row(*row) for row in rows), "", "## Mind", "",
        *(f"- {trap}" for trap in known.traps),
    ]  # fmt: skip
    write_text(folder / SOURCE_NOTE, "\n".join(text) + "\n")


def _origins(known: KnownCollection, options: FetchOptions) -> Sequence[tuple[str, str]]:
    """Return the origin and version of each download."""
    rows = []
    for download in known.parts:
        what = download.name or download.repository
        server = options.server or download.addresses[0]
        version_of = f", commit {download.commit}" if download.commit else ""
        version_of += f", series as listed in {download.known_from.split(' and ')[0]}" * bool(
            download.list
        )
        rows.append(("from", f"{what}: {short(server)}{version_of}"))
    return rows


def _proof(contents: Contents) -> str:
    """Return how many files were verified, and against what."""
    proven = contents.files - contents.unproven
    text = f"SHA-256 of every file in {LEDGER} (`sha256sum -c {LEDGER}`)"
    return f"{text}; {proven:,} files match the checksum that their server or owner publishes"


def _heading(name: str) -> str:
    return f"# {name}: fetched by `hilum data fetch {name}`"


def _row(key: str, value: str) -> str:
    return f"| {key} | {value.replace('|', '/')} |"


def _read(note: Path) -> str:
    return note.read_text("utf-8", errors="replace")
