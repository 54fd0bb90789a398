"""SOURCE.md: what lies in a folder that was fetched, from where, whose it is, on which terms."""

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

__all__ = ["SOURCE_NOTE", "Contents", "refuse_foreign", "says_whole", "write_note"]

SOURCE_NOTE = "SOURCE.md"

WHOLE = "Everything is here, and every file was checked."
LACKING = "**Not everything is here yet**: give the same command again, and it goes on."


@dataclass(frozen=True)
class Contents:
    """What a note says of the files.

    Attributes:
        selection: what was chosen, in words.
        files: how many there are.
        size: their bytes.
        unproven: how many of them have no checksum that somebody published.
    """

    selection: str
    files: int
    size: int
    unproven: int


def refuse_foreign(folder: Path, name: str, *, mark: str) -> None:
    """Refuse a folder that holds anything but an earlier fetch of the collection `name`.

    Args:
        folder: may be missing.
        name: of the collection.
        mark: a file that is no reason to refuse.

    Raises:
        UsageError: as above.
    """
    if folder.exists() and not folder.is_dir():
        raise UsageError(
            f"{folder} is a file, and a folder is to stand there; choose another name."
        )
    held = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    if not [one for one in held if one != mark]:
        return
    note = folder / SOURCE_NOTE
    if not note.is_file() or not _read(note).startswith(_heading(name)):
        raise UsageError(
            f"{folder} holds other things (it has no {SOURCE_NOTE} of {name}); choose another "
            "name, or an empty folder."
        )


def says_whole(folder: Path, selection: str) -> bool:
    """Whether the folder's note says that this selection is here already."""
    note = folder / SOURCE_NOTE
    return note.is_file() and WHOLE in _read(note) and _row("what", selection) in _read(note)


def write_note(
    folder: Path, known: KnownCollection, options: FetchOptions, contents: Contents, *, whole: bool
) -> None:
    """Write the note, `whole` or as of a fetch that has only begun.

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
    if whole:
        rows.append(("files", f"{contents.files:,}, {contents.size:,} bytes"))
        rows.append(("checksums", _proof(contents)))
    text = [
        _heading(known.name), "", known.title + ".", "", WHOLE if whole else LACKING, "",
        "| | |", "|---|---|", *(_row(*row) for row in rows), "", "## Mind", "",
        *(f"- {trap}" for trap in known.traps),
    ]  # fmt: skip
    write_text(folder / SOURCE_NOTE, "\n".join(text) + "\n")


def _origins(known: KnownCollection, options: FetchOptions) -> Sequence[tuple[str, str]]:
    """Return where each download comes from, and which version of it that is."""
    rows = []
    for download in known.parts:
        what = download.name or download.repository
        place = options.server or download.addresses[0]
        version_of = f", commit {download.commit}" if download.commit else ""
        version_of += f", series as listed in {download.known_from.split(' and ')[0]}" * bool(
            download.list
        )
        rows.append(("from", f"{what}: {short(place)}{version_of}"))
    return rows


def _proof(contents: Contents) -> str:
    """Return what the checksums are worth."""
    proven = contents.files - contents.unproven
    text = f"SHA-256 of every file in {LEDGER} (`sha256sum -c {LEDGER}`)"
    return f"{text}; {proven:,} files came to the checksum that their server or owner publishes"


def _heading(name: str) -> str:
    return f"# {name}: fetched by `hilum data fetch {name}`"


def _row(key: str, value: str) -> str:
    return f"| {key} | {value.replace('|', '/')} |"


def _read(note: Path) -> str:
    return note.read_text("utf-8", errors="replace")
