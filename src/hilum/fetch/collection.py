"""Fetching a collection into a folder: what lacks is brought, checked, unpacked and noted down."""

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
from hilum.fetch.source_note import Contents, refuse_foreign, says_whole, write_note
from hilum.fetch.unpack import unpack
from hilum.fetch.wanted import Archive, Listing, Wanted
from hilum.storage.atomic import refuse_full_disk
from hilum.storage.lock import alone_in

__all__ = ["Fetched", "Planned", "fetch_collection", "plan_fetch"]

LOCK_FILE = ".fetch.lock"

SPARE = 200_000_000
"""Bytes that a disk should have left when all is there."""


@dataclass(frozen=True)
class Planned:
    """What a fetch would do.

    Attributes:
        collection: its name.
        selection: what was chosen, in words.
        files: how many, archives counted as one.
        size: their bytes, as far as the servers tell.
        left: bytes of what is not there yet, judged by size alone.
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
    """What a fetch did.

    Attributes:
        collection: its name.
        folder: where it lies.
        selection: what was chosen, in words.
        files: how many are there now, those out of archives included.
        size: their bytes.
        brought: how many had to be fetched, archives counted as one.
        unproven: files that nobody publishes a checksum of.
        build_from: what `hilum data build NAME=...` is given.
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
    """Return what fetching would do; servers are asked for their lists, nothing is written.

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
    """Fetch a collection into a folder, or go on with it, or mend it.

    Every file is checked: by the checksum that its server or owner publishes, else by its size and
    by what it was when it was fetched. Only what lacks or differs is brought. Interrupted or
    killed, the next call goes on where it stopped. `SOURCE.md` says what lies there and on which
    terms, `CHECKSUMS.sha256` lists every file.

    Args:
        name: a collection; `hilum.catalogue.collections.fetchable` has the names.
        out: the folder; missing, empty, or with an earlier fetch of the same collection.
        accept_terms: that its terms (`hilum data list`) are accepted; nothing is fetched else.
        options: what of it, from where, how patiently; None: the defaults.

    Raises:
        UsageError: unknown name, terms not accepted, options that don't fit, a folder with other
            things in it, or one that another process fetches into.
        FetchError: no answer, refused, or not what was promised; what has come is kept.
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
    with alone_in(out, LOCK_FILE, "hilum data fetch"):
        was_whole = says_whole(out, selection)
        if not was_whole:
            write_note(out, known, options, Contents(selection, 0, 0, 0), whole=False)
        fetched = _fetch(known, out, options, selection)
        if fetched.brought or not was_whole:
            contents = Contents(selection, fetched.files, fetched.size, fetched.unproven)
            write_note(out, known, options, contents, whole=True)
    return fetched


def _fetch(known: KnownCollection, out: Path, options: FetchOptions, selection: str) -> Fetched:
    """Bring what lacks, unpack it, and write the ledger."""
    client = Client(options.patience)
    listing = list_collection(known, options, client=client)
    old = read_ledger(out)
    archives = _to_unpack(listing, old, out, thorough=True)
    files = (*listing.files, *(archive.file for archive in archives))
    room = sum(_left(wanted, out) for wanted in files)
    refuse_full_disk(out, room + sum(one.file.size or 0 for one in archives) + SPARE * bool(room))
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
    """Return the ledger of what is there now: `sums`, and of the old one what still is there."""
    kept = {path: digits for path, digits in old.files.items() if (out / path).is_file()}
    archives = {
        name: (digits, paths)
        for name, (digits, paths) in old.archives.items()
        if all(path in kept for path in paths)
    }
    return Ledger(kept | sums, archives)


def _proven(listing: Listing, ledger: Ledger) -> tuple[set[str], set[str]]:
    """Return the files that came to a published checksum, and all that are wanted."""
    proven, wanted = set[str](), set[str]()
    for file in listing.all_files():
        paths = {file.path, *ledger.archives.get(file.path, ("", ()))[1]}
        wanted |= paths
        proven |= paths if file.checksum else set()
    return proven, wanted


def _notes(earlier: int) -> Iterator[str]:
    """Say what a user would not expect."""
    if earlier:
        yield (
            f"{earlier} files of an earlier selection lie there too, and a build reads them; a "
            "folder of its own keeps selections apart."
        )


def _to_unpack(listing: Listing, old: Ledger, out: Path, *, thorough: bool) -> list[Archive]:
    """Return the archives of which something is not there (or, `thorough`, not what it was)."""
    return [
        archive
        for archive in listing.archives
        if not _is_unpacked(archive, old, out, thorough=thorough)
    ]


def _is_unpacked(archive: Archive, old: Ledger, out: Path, *, thorough: bool) -> bool:
    """Whether all that came out of an archive is there, and the archive was the one wanted now."""
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
    """Unpack one archive, note what came out, and remove it unless it is to be kept."""
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
    ledger.write(out)  # before the archive goes: a process killed here must not fetch it again
    file.unlink()


def _left(wanted: Wanted, out: Path) -> int:
    """Return the bytes of a file that are still to come, judged by size alone."""
    there, part = out / wanted.path, out / (wanted.path + PART)
    if there.is_file() and wanted.size in (None, there.stat().st_size):
        return 0
    return max(0, (wanted.size or 0) - (part.stat().st_size if part.is_file() else 0))
