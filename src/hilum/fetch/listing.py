"""What a collection comes to: its size as far as it is known before, and all its files."""

from __future__ import annotations

from dataclasses import dataclass

from hilum.catalogue.collections import KnownCollection, fetchable, known_collections, nearest
from hilum.errors import UsageError
from hilum.fetch.client import Client
from hilum.fetch.github import list_repository
from hilum.fetch.idc import choose_series, list_series, read_list
from hilum.fetch.options import FetchOptions
from hilum.fetch.single import list_file
from hilum.fetch.wanted import Listing

__all__ = ["Expected", "expect", "find_collection", "list_collection"]


@dataclass(frozen=True)
class Expected:
    """What is known of a fetch before any server is asked.

    Attributes:
        selection: what was chosen, in words.
        bytes_to_fetch: 0: not known.
        bytes_on_disk: 0: not known.
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
        why = f"{name} is nothing to fetch" if known else f"unknown collection {name!r}"
        hint = "" if known else nearest(name)
        raise UsageError(f"{why};{hint} hilum can fetch {', '.join(fetchable())}.")
    return known_collections()[name]


def expect(known: KnownCollection, options: FetchOptions) -> Expected:
    """Return what `options` choose, and its size; no server is asked.

    Raises:
        UsageError: the options don't fit the collection, or ask for too many patients.
    """
    options.check(known.name, by_patient=known.by_patient)
    selection, fetch, disk = known.holds, known.bytes_to_fetch, known.bytes_on_disk
    for part in known.parts:
        if part.kind != "idc":
            continue
        series = read_list(part.list)
        chosen = choose_series(series, options)
        everything = choose_series(series, FetchOptions())
        more = 1000 * (sum(s.kilobytes for s in chosen) - sum(s.kilobytes for s in everything))
        fetch, disk = fetch + more, disk + more
        patients = len({one.patient for one in chosen})
        drawn = f" drawn with seed {options.seed}" if options.patients is not None else ""
        kinds = " and ".join(("CT", *options.also))
        selection = (
            f"{patients} of {len({one.patient for one in everything})} patients{drawn}: "
            f"{len(chosen)} {kinds} series of {sum(one.images for one in chosen):,} images; boxes "
            "and clinical sheet of all"
        )
    return Expected(selection, fetch, disk)


def list_collection(known: KnownCollection, options: FetchOptions, *, client: Client) -> Listing:
    """Return every file that is wanted, asking the servers that have lists.

    Raises:
        FetchError: a list is not to be had.
        UsageError: more patients than there are.
    """
    parts = []
    for part in known.parts:
        if part.kind == "github":
            parts.append(list_repository(part, client=client, server=options.server))
        elif part.kind == "idc":
            chosen = choose_series(read_list(part.list), options)
            parts.append(list_series(part, chosen, client=client, options=options))
        else:
            parts.append(list_file(part, server=options.server))
    return Listing(
        tuple(file for part in parts for file in part.files),
        tuple(archive for part in parts for archive in part.archives),
    )
