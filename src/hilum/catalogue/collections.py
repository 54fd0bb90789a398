"""The collections that hilum knows by name, read from collections.toml; pandas is not needed."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

__all__ = ["Download", "KnownCollection", "fetchable", "known_collections"]


@dataclass(frozen=True)
class Download:
    """One place that a collection is fetched from; collections.toml explains each field."""

    kind: str
    addresses: tuple[str, ...]
    known_from: str
    name: str = ""
    repository: str = ""
    commit: str = ""
    bucket: str = ""
    list: str = ""
    size: int | None = None
    checksum: str = ""
    unpack: bool = False
    below: str = ""


@dataclass(frozen=True)
class KnownCollection:
    """One table of collections.toml, where each field is explained; sizes in bytes, 0: unknown."""

    name: str
    title: str
    owner: str
    citation: str
    terms: str
    traps: tuple[str, ...]
    page: str = ""
    holds: str = ""
    bytes_to_fetch: int = 0
    bytes_on_disk: int = 0
    build_from: str = ""
    by_patient: bool = False
    patients: int = 0
    parts: tuple[Download, ...] = ()


@cache
def known_collections() -> dict[str, KnownCollection]:
    """Return name -> collection: those that can be fetched first, then in order of the file."""
    text = (
        resources.files("hilum.catalogue").joinpath("collections.toml").read_text(encoding="utf-8")
    )
    return {name: _collection(name, row) for name, row in tomllib.loads(text).items()}


def fetchable() -> tuple[str, ...]:
    """Return the names of the collections that can be fetched."""
    return tuple(name for name, collection in known_collections().items() if collection.parts)


def _collection(name: str, row: dict[str, Any]) -> KnownCollection:
    """Return one table of the file as a collection."""
    parts = tuple(
        Download(**{**part, "addresses": tuple(part["addresses"])}) for part in row.pop("parts", ())
    )
    return KnownCollection(name=name, parts=parts, **{**row, "traps": tuple(row["traps"])})
