"""The files of a collection, and what is known of their size in advance."""

from __future__ import annotations

from dataclasses import dataclass

from hilum.catalogue.collections import (
    Download,
    KnownCollection,
    fetchable,
    known_collections,
)
from hilum.catalogue.suggest import nearest_name
from hilum.errors import UsageError
from hilum.fetch.checksum import parse_checksum
from hilum.fetch.client import Client
from hilum.fetch.github import list_repository
from hilum.fetch.idc import choose_series, list_series, read_list
from hilum.fetch.options import FetchOptions
from hilum.fetch.wanted import Archive, Listing, Wanted

__all__ = ["Expected", "expect", "find_collection", "list_collection", "list_file"]

ZIP = b"PK"
"""First bytes of zip archives, and so of workbooks too (APPNOTE.TXT, section 4.3.7)."""


@dataclass(frozen=True)
class Expected:
    """What is known of a fetch before a server is contacted.

    Attributes:
        selection: the chosen part of the collection, in words.
        bytes_to_fetch: bytes to download; 0 where unknown.
        bytes_on_disk: bytes after unpacking; 0 where unknown.
    """

    selection: str
    bytes_to_fetch: int
    bytes_on_disk: int


def find_collection(name: str) -> KnownCollection:
    """Return a collection that can be fetched.

    Raises:
        UsageError: there is none of the name.
    """
    if name not in fetchable():
        known = name in known_collections()
        why = f"{name} can't be fetched" if known else f"unknown collection {name!r}"
        near = "" if known else nearest_name(name, fetchable())
        hint = f" did you mean {near!r}?" if near else ""
        raise UsageError(f"{why};{hint} hilum can fetch {', '.join(fetchable())}.")
    return known_collections()[name]


def expect(known: KnownCollection, options: FetchOptions) -> Expected:
    """Return the selection of `options` and its size; no server is contacted.

    Raises:
        UsageError: the options don't fit the collection, or ask for too many patients.
    """
    options.check(known.name, by_patient=known.by_patient)
    selection, fetch, disk = known.holds, known.bytes_to_fetch, known.bytes_on_disk
    for download in known.parts:
        if download.kind != "idc":
            continue
        series = read_list(download.list)
        chosen = choose_series(series, options)
        everything = choose_series(series, FetchOptions())
        more = 1000 * (sum(s.kilobytes for s in chosen) - sum(s.kilobytes for s in everything))
        fetch, disk = fetch + more, disk + more
        patients = len({item.patient for item in chosen})
        drawn = f" drawn with seed {options.seed}" if options.patients is not None else ""
        kinds = " and ".join(("CT", *options.also))
        selection = (
            f"{patients} of {len({item.patient for item in everything})} patients{drawn}: "
            f"{len(chosen)} {kinds} series of {sum(item.images for item in chosen):,} images; "
            "boxes and clinical sheet of all"
        )
    return Expected(selection, fetch, disk)


def list_collection(known: KnownCollection, options: FetchOptions, *, client: Client) -> Listing:
    """Return every requested file, asking the servers that have listings.

    Raises:
        FetchError: a listing is unavailable.
        UsageError: more patients are requested than the collection has.
    """
    listings = []
    for download in known.parts:
        if download.kind == "github":
            listings.append(list_repository(download, client=client, server=options.server))
        elif download.kind == "idc":
            chosen = choose_series(read_list(download.list), options)
            listings.append(list_series(download, chosen, client=client, options=options))
        else:
            listings.append(list_file(download, server=options.server))
    return Listing(
        tuple(file for listing in listings for file in listing.files),
        tuple(archive for listing in listings for archive in listing.archives),
    )


def list_file(download: Download, *, server: str = "") -> Listing:
    """Return the file of a download of kind "file"; with `server`, from there under its name."""
    addresses = (f"{server.rstrip('/')}/{download.name}",) if server else download.addresses
    begins = ZIP if download.name.lower().endswith((".zip", ".xlsx")) else b""
    wanted = Wanted(
        download.name, addresses, download.size, parse_checksum(download.checksum), begins
    )
    if download.unpack:
        return Listing(archives=(Archive(wanted, download.below),))
    return Listing(files=(wanted,))
