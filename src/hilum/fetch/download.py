"""Download of one file: resumed where it stopped, checked, then renamed to its final name."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from hilum.errors import FetchError
from hilum.fetch.checksum import digests
from hilum.fetch.client import Client, short
from hilum.fetch.connect import PassingError
from hilum.fetch.wanted import Wanted
from hilum.storage.atomic import as_storage_error

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

__all__ = ["PART", "download", "sha256_if_complete"]

PART = ".part"
"""Suffix of an incomplete file."""

TAG = ".tag"
"""Suffix of the file next to an incomplete one that holds the server's validator (ETag or date)."""

WORTH = 1 << 16
"""An attempt that gets fewer bytes counts as failed: a server may trickle for days."""

TIMES = 2
"""Downloads with a wrong checksum before giving up: the first may stem from an old partial file."""

_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")


def download(
    wanted: Wanted, target: Path, *, client: Client, on_size: Callable[[int], None] = lambda _: None
) -> str:
    """Download one file; return its SHA-256 in hexadecimal digits.

    A partial file of an earlier call (`target` + PART) is continued if the server still has the
    same file: the rest is requested on condition that its ETag (else its date) is unchanged
    (RFC 9110, section 13.1.5). Where the server gave neither, the rest is requested only if a
    published checksum can verify the result.

    Args:
        wanted: the file; its addresses are tried in turn.
        target: its final path; an existing file is replaced once the new one is complete.
        client: sends the requests.
        on_size: called with the number of bytes on the disk so far.

    Raises:
        FetchError: refused at all addresses, or twice not what was promised.
        StorageError: the disk refused.
    """
    with as_storage_error(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        for last, address in ((a == wanted.addresses[-1], a) for a in wanted.addresses):
            try:
                return _from(address, wanted, target, client, on_size)
            except FetchError:
                if last:
                    raise
    raise FetchError(f"{wanted.path} has no address.")


def sha256_if_complete(
    wanted: Wanted, path: Path, *, known: str | None, check: Callable[[], None]
) -> str | None:
    """Return the SHA-256 of the file at `path` if it is complete and as expected, else None.

    Where no checksum is published, `known` (the SHA-256 of an earlier fetch) takes its place;
    without that too, a file of the right size is accepted.
    """
    if not path.is_file() or wanted.size not in (None, path.stat().st_size):
        return None
    kind = _kind(wanted)
    sums = digests(path, (kind, "sha256"), between=check)
    expected = wanted.checksum.digits if wanted.checksum else known or sums["sha256"]
    return sums["sha256"] if sums[kind] == expected else None


def _from(
    address: str, wanted: Wanted, target: Path, client: Client, on_size: Callable[[int], None]
) -> str:
    """Download the file from one address; start again once if its checksum is wrong."""
    part, digits = _part(target), ""
    for _ in range(TIMES):
        _complete(address, wanted, part, client, on_size)
        _refuse_page(address, wanted, part)
        sums = digests(part, (_kind(wanted), "sha256"), between=client.check)
        digits = sums[_kind(wanted)]
        if wanted.checksum is None or digits == wanted.checksum.digits:
            part.replace(target)
            _tag(part).unlink(missing_ok=True)
            return sums["sha256"]
        _drop(part)
    raise FetchError(
        f"{short(address)} arrived twice with {_kind(wanted)} {digits}, and "
        f"{wanted.checksum.digits if wanted.checksum else ''} is published; nothing of it was "
        "kept."
    )


def _refuse_page(address: str, wanted: Wanted, part: Path) -> None:
    """Refuse a file that does not start as its kind does, such as a login page."""
    with part.open("rb") as file:
        begins = file.read(len(wanted.begins))
    if begins != wanted.begins:
        _drop(part)
        raise FetchError(
            f"{short(address)} returned another kind of file, maybe a login page; nothing of it "
            "was kept."
        )


def _complete(
    address: str, wanted: Wanted, part: Path, client: Client, on_size: Callable[[int], None]
) -> None:
    """Download `part` to its full length, over as many connections as needed."""
    before = _size(part)

    def attempt() -> None:
        if wanted.size is None or _size(part) != wanted.size:
            _go_on(address, wanted, part, client, on_size)

    def gained() -> bool:
        nonlocal before
        before, old = _size(part), before
        return before >= old + WORTH

    client.persist(attempt, address, gained)


def _go_on(
    address: str, wanted: Wanted, part: Path, client: Client, on_size: Callable[[int], None]
) -> None:
    """Request the missing rest of `part`, or all of it, once."""
    tag = _tag(part).read_text("utf-8") if _tag(part).is_file() else ""
    have = _size(part)
    if have and ((not tag and not wanted.checksum) or have > (wanted.size or have)):
        _drop(part)
        have, tag = 0, ""
    headers = {"Range": f"bytes={have}-"} if have else {}
    if have and tag:
        headers["If-Range"] = tag
    with client.open(address, headers) as response:
        start, total = _extent(response, have)
        if start is None or (start and (_is_coded(response) or _other(response, tag))):
            if response.status == 416 and have and total == have:
                return
            _drop(part)
            raise PassingError(
                "the rest does not fit what was there; the download starts again", wait=0.0
            )
        if None not in (total, wanted.size) and total != wanted.size:
            raise FetchError(
                f"{short(address)} has {total:,} bytes, and {wanted.size:,} were promised; it has "
                "changed, or a proxy answered instead."
            )
        if not start:
            _drop(part)
            on_size(0)
            _note(part, response)
        _take(response, part, client, on_size)
    if total is not None and _size(part) != total:
        raise PassingError("the connection was cut")
    if total is None and wanted.size is not None and _size(part) != wanted.size:
        raise PassingError(f"{_size(part):,} bytes came instead of {wanted.size:,}")


def _take(
    response: BaseHTTPResponse, part: Path, client: Client, on_size: Callable[[int], None]
) -> None:
    """Append the body to `part`, unbuffered, so that received bytes survive a crash."""
    with part.open("ab", buffering=0) as file:
        for piece in client.pieces(response, decode=_is_coded(response)):
            view = memoryview(piece)
            while view:
                view = view[file.write(view) :]
            on_size(file.tell())


def _extent(response: BaseHTTPResponse, have: int) -> tuple[int | None, int | None]:
    """Return the body's offset and the file's length; None where the response doesn't say.

    The offset is also None where it isn't `have`, the only usable one. The length of an encoded
    body (Content-Encoding) isn't the file's.
    """
    if response.status == 200:
        length = response.headers.get("Content-Length", "")
        return 0, int(length) if length.isdecimal() and not _is_coded(response) else None
    found = _RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    if not found:
        return None, None
    start = int(found[1]) if found[1] else None
    total = int(found[2]) if found[2] != "*" else None
    return start if start == have and have else None, total


def _is_coded(response: BaseHTTPResponse) -> bool:
    """Whether the server encoded the body although it was asked not to."""
    return response.headers.get("Content-Encoding", "identity").strip().lower() not in (
        "", "identity",
    )  # fmt: skip


def _other(response: BaseHTTPResponse, tag: str) -> bool:
    """Whether a partial response belongs to another file: some servers ignore If-Range."""
    now = _validator(response)
    return bool(tag and now and now != tag)


def _validator(response: BaseHTTPResponse) -> str:
    """Return the strong ETag, else the date of the file, else empty text."""
    etag = response.headers.get("ETag", "").strip()
    return etag if etag.startswith('"') else response.headers.get("Last-Modified", "").strip()


def _note(part: Path, response: BaseHTTPResponse) -> None:
    """Store the validator of the file; none for an encoded body."""
    validator = "" if _is_coded(response) else _validator(response)
    if validator:
        _tag(part).write_text(validator, "utf-8")


def _kind(wanted: Wanted) -> str:
    return wanted.checksum.kind if wanted.checksum else "sha256"


def _part(target: Path) -> Path:
    return target.with_name(target.name + PART)


def _tag(part: Path) -> Path:
    return part.with_name(part.name + TAG)


def _size(part: Path) -> int:
    return part.stat().st_size if part.is_file() else 0


def _drop(part: Path) -> None:
    part.unlink(missing_ok=True)
    _tag(part).unlink(missing_ok=True)
