"""Collections, or parts of one, that are a single file, maybe an archive."""

from __future__ import annotations

from urllib.parse import urlsplit

from hilum.known_collections import Part
from hilum.sources.fetch.checksum import parse_checksum
from hilum.sources.fetch.wanted import Archive, Listing, Wanted

__all__ = ["list_file"]


def list_file(part: Part, *, server: str = "") -> Listing:
    """Return the one file of a part of kind "file"; with `server`, under its name on that."""
    addresses = (f"{server.rstrip('/')}/{part.name}",) if server else part.addresses
    assert all(urlsplit(address).netloc for address in addresses)
    wanted = Wanted(part.name, addresses, part.size, parse_checksum(part.checksum))
    if part.unpack:
        return Listing(archives=(Archive(wanted, part.below),))
    return Listing(files=(wanted,))
