"""Fetch a collection into a folder: download what is missing, check, unpack and record it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from hilum.catalogue.collections import KnownCollection
from hilum.errors import UsageError
from hilum.fetch.checksum import digests
from hilum.fetch.client import Client
from hilum.fetch.download import PART
from hilum.fetch.ledger import Ledger, add_line, read_ledger
from hilum.fetch.listing import expect, find_collection, list_collection
from hilum.fetch.options import FetchOptions
from hilum.fetch.parallel import fetch_files
from hilum.fetch.source_note import Contents, is_complete, refuse_foreign, write_note
from hilum.fetch.unpack import unpack
from hilum.fetch.wanted import Archive, Listing, Wanted
from hilum.storage.atomic import refuse_full_disk
from hilum.storage.lock import exclusive_folder

__all__ = ["Fetched", "Planned", "fetch_collection", "plan_fetch"]

LOCK_FILE = ".fetch.lock"

SPARE = 200_000_000
"""Bytes that should stay free on the disk at the end."""


@dataclass(frozen=True)
class Planned:
    """The plan of a fetch.

    Attributes:
        collection: its name.
        selection: the chosen part of the collection, in words.
        files: how many, archives counted as one.
        size: their bytes, as far as the servers say.
        left: bytes still to download, judged by file sizes alone.
        disk: bytes that must be free while it runs, unpacking and SPARE included.
    """

    collection: str
    selection: str
    files: int
    size: int
    left: int
    disk: int


@dataclass(frozen=True)
class Fetched:
    """The result of a fetch.

    Attributes:
        collection: its name.
        folder: its folder.
        selection: the chosen part of the collection, in words.
        files: number of files present, unpacked ones included.
        size: their bytes.
        brought: files downloaded by this call, archives counted as one.
        unproven: files without a published checksum.
        build_from: the path for `hilum data build NAME=PATH`.
        notes: sentences that a user should see.
    """

    collection: str
    folder: Path
    selection: str
    files: int
    size: int
    brought: int
    unproven: int
    build_from: Path
    notes: tuple[str, ...]


def plan_fetch(name: str, *, out: Path, options: FetchOptions | None = None) -> Planned:
    """Plan a fetch: servers are asked for their listings, nothing is written.

    Raises:
        UsageError, FetchError: as `fetch_collection`.
    """
    known, options, out = find_collection(name), options or FetchOptions(), Path(out)
    expected = expect(known, options)
    refuse_foreign(out, name, mark=LOCK_FILE)
    listing = list_collection(known, options, client=Client(options.patience))
    archives = _to_unpack(listing, read_ledger(out), out, thorough=False)
    files = (*listing.files, *(archive.file for archive in archives))
    left = sum(_left(wanted, out) for wanted in files)
    unpacked = sum(archive.file.size or 0 for archive in archives)
    everything = listing.all_files()
    size = sum(wanted.size or 0 for wanted in everything)
    disk = left + unpacked + SPARE * bool(left)
    return Planned(name, expected.selection, len(everything), size, left, disk)


def fetch_collection(
    name: str, *, out: Path, accept_terms: bool = False, options: FetchOptions | None = None
) -> Fetched:
    """Fetch a collection into a folder, or continue or repair an earlier fetch.

    Every file is checked: against the checksum that its server or owner publishes, else against
    its size and its SHA-256 of the earlier fetch. Only missing or different files are downloaded.
    After an interruption the next call continues where it stopped. `SOURCE.md` describes the
    contents and their terms of use, `CHECKSUMS.sha256` lists every file.

    Args:
        name: a collection; `hilum.catalogue.collections.fetchable` has the names.
        out: the folder; missing, empty, or holding an earlier fetch of the same collection.
        accept_terms: whether its terms (`hilum data list`) are accepted; required.
        options: what to fetch, from where, with which timeouts; None takes the defaults.

    Raises:
        UsageError: unknown name, terms not accepted, unsuitable options, a folder with other
            contents, or one that another process fetches into.
        FetchError: no response, refused, or not what was promised; finished files stay.
        StorageError: the disk refused, or has no room.
    """
    known, options, out = find_collection(name), options or FetchOptions(), Path(out)
    selection = expect(known, options).selection
    if not accept_terms:
        raise UsageError(
            f"the terms of {name} are: {known.terms}; nothing is fetched before they are accepted "
            "(--yes, accept_terms=True)."
        )
    refuse_foreign(out, name, mark=LOCK_FILE)
    with exclusive_folder(out, LOCK_FILE, "hilum data fetch"):
        was_complete = is_complete(out, selection)
        if not was_complete:
            write_note(out, known, options, Contents(selection, 0, 0, 0), complete=False)
        fetched = _fetch(known, out, options, selection)
        if fetched.brought or not was_complete:
            contents = Contents(selection, fetched.files, fetched.size, fetched.unproven)
            write_note(out, known, options, contents, complete=True)
    return fetched


def _fetch(known: KnownCollection, out: Path, options: FetchOptions, selection: str) -> Fetched:
    """Download missing files, unpack archives, and write the ledger."""
    client = Client(options.patience)
    listing = list_collection(known, options, client=client)
    old = read_ledger(out)
    archives = _to_unpack(listing, old, out, thorough=True)
    files = (*listing.files, *(archive.file for archive in archives))
    room = sum(_left(wanted, out) for wanted in files)
    refuse_full_disk(
        out, room + sum(archive.file.size or 0 for archive in archives) + SPARE * bool(room)
    )
    outcome = fetch_files(
        files, out, client=client, known=old.files, side_by_side=options.side_by_side,
        progress=options.progress, on_file=lambda path, digits: add_line(out, path, digits),
    )  # fmt: skip
    new = _merged(old, {wanted.path: outcome.sums[wanted.path] for wanted in listing.files}, out)
    for archive in archives:
        _unpack(archive, out, new, digits=outcome.sums[archive.file.path], options=options)
    new.write(out)
    proven, wanted_now = _proven(listing, new)
    return Fetched(
        collection=known.name,
        folder=out,
        selection=selection,
        files=len(new.files),
        size=sum((out / path).stat().st_size for path in new.files),
        brought=len(outcome.brought),
        unproven=len(new.files.keys() - proven),
        build_from=out / known.build_from,
        notes=tuple(_notes(len(new.files.keys() - wanted_now))),
    )


def _merged(old: Ledger, sums: dict[str, str], out: Path) -> Ledger:
    """Return the ledger of the present files: `sums`, and old entries whose file still exists."""
    on_disk = {path: digits for path, digits in old.files.items() if (out / path).is_file()}
    archives = {
        name: (digits, paths)
        for name, (digits, paths) in old.archives.items()
        if all(path in on_disk for path in paths)
    }
    return Ledger(on_disk | sums, archives)


def _proven(listing: Listing, ledger: Ledger) -> tuple[set[str], set[str]]:
    """Return the files that match a published checksum, and all requested files."""
    proven, wanted = set[str](), set[str]()
    for file in listing.all_files():
        paths = {file.path, *ledger.archives.get(file.path, ("", ()))[1]}
        wanted |= paths
        proven |= paths if file.checksum else set()
    return proven, wanted


def _notes(earlier: int) -> Iterator[str]:
    """Yield notes on what a user would not expect."""
    if earlier:
        yield (
            f"{earlier} files of an earlier selection lie there too, and a build reads them; a "
            "folder of its own keeps selections apart."
        )


def _to_unpack(listing: Listing, old: Ledger, out: Path, *, thorough: bool) -> list[Archive]:
    """Return the archives with missing (or, `thorough`, changed) files."""
    return [
        archive
        for archive in listing.archives
        if not _is_unpacked(archive, old, out, thorough=thorough)
    ]


def _is_unpacked(archive: Archive, old: Ledger, out: Path, *, thorough: bool) -> bool:
    """Whether all files of an archive are present, and the archive is the requested one."""
    digits, paths = old.archives.get(archive.file.path, ("", ()))
    checksum = archive.file.checksum
    if not paths or (checksum and checksum.kind == "sha256" and checksum.digits != digits):
        return False
    return all(
        (out / path).is_file()
        and (not thorough or digests(out / path, ("sha256",))["sha256"] == old.files[path])
        for path in paths
    )


def _unpack(
    archive: Archive, out: Path, ledger: Ledger, *, digits: str, options: FetchOptions
) -> None:
    """Unpack one archive, record its files, and remove it unless it is to be kept."""
    file = out / archive.file.path

    def on_size(done: int, total: int) -> None:
        options.progress.advance(f"MB of {file.name} unpacked", done // 10**6, total // 10**6)

    sums = unpack(file, out, below=archive.below, on_size=on_size)
    ledger.files |= sums
    ledger.archives[archive.file.path] = (digits, tuple(sums))
    if options.keep_archives:
        ledger.files[archive.file.path] = digits
        return
    ledger.files.pop(archive.file.path, None)
    ledger.write(out)  # first: after a crash here the archive must not be fetched again
    file.unlink()


def _left(wanted: Wanted, out: Path) -> int:
    """Return the bytes of a file still to download, judged by size alone."""
    there, part = out / wanted.path, out / (wanted.path + PART)
    if there.is_file() and wanted.size in (None, there.stat().st_size):
        return 0
    return max(0, (wanted.size or 0) - (part.stat().st_size if part.is_file() else 0))
