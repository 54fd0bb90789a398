"""Collections, or parts of one, that are a single file, maybe an archive."""

from __future__ import annotations

from hilum.catalogue.collections import Part
from hilum.fetch.checksum import parse_checksum
from hilum.fetch.wanted import Archive, Listing, Wanted

__all__ = ["list_file"]

ZIP = b"PK"
"""How archives of PKZIP's kind begin, and so workbooks too (APPNOTE.TXT, section 4.3.7)."""


def list_file(part: Part, *, server: str = "") -> Listing:
    """Return the one file of a part of kind "file"; with `server`, under its name on that."""
    addresses = (f"{server.rstrip('/')}/{part.name}",) if server else part.addresses
    begins = ZIP if part.name.lower().endswith((".zip", ".xlsx")) else b""
    wanted = Wanted(part.name, addresses, part.size, parse_checksum(part.checksum), begins)
    if part.unpack:
        return Listing(archives=(Archive(wanted, part.below),))
    return Listing(files=(wanted,))
