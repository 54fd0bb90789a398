"""One file from one address to the disk: resumed where it was cut, checked, then given its name."""

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

__all__ = ["PART", "download", "is_whole"]

PART = ".part"
"""What a file that is not whole ends with."""

TAG = ".tag"
"""What a part's note of its origin ends with: the validator that the server gave the file."""

WORTH = 1 << 16
"""Bytes that an attempt must bring for its failure not to count: a server may drip for days."""

TIMES = 2
"""How often a file may come wrong: once it may be the part that was there before."""

_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")


def download(
    wanted: Wanted, target: Path, *, client: Client, on_size: Callable[[int], None] = lambda _: None
) -> str:
    """Bring one file; return its SHA-256 in hexadecimal digits.

    What an earlier call left in `target` + PART is gone on with where the server still has the
    same file: it is asked for the rest on condition that its ETag (else its date) is unchanged
    (RFC 9110, section 13.1.5). Where it gave neither, the rest is taken only if a published
    checksum will prove the whole.

    Args:
        wanted: the file; its addresses are tried in turn.
        target: where it goes; what stands there is replaced once the new file is whole.
        client: who asks.
        on_size: told how many bytes of it are on the disk.

    Raises:
        FetchError: refused at all addresses, or not what was promised, twice.
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


def is_whole(
    wanted: Wanted, path: Path, *, known: str | None, check: Callable[[], None]
) -> str | None:
    """Return the SHA-256 of the file at `path` where it is what is wanted, else None.

    Where no checksum is published, `known` (the SHA-256 of an earlier fetch) is one; where there
    is none either, a file of the right size is taken as it is.
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
    """Bring the file from one address, a second time from its beginning if it came wrong."""
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
        f"{short(address)} came twice with {_kind(wanted)} {digits}, and "
        f"{wanted.checksum.digits if wanted.checksum else ''} is published; nothing of it was kept."
    )


def _refuse_page(address: str, wanted: Wanted, part: Path) -> None:
    """Refuse what does not begin as its kind does, such as a page that asks to log in."""
    with part.open("rb") as file:
        begins = file.read(len(wanted.begins))
    if begins != wanted.begins:
        _drop(part)
        raise FetchError(
            f"{short(address)} gave something else than a file of its kind, maybe a page that asks "
            "to log in; nothing of it was kept."
        )


def _complete(
    address: str, wanted: Wanted, part: Path, client: Client, on_size: Callable[[int], None]
) -> None:
    """Bring `part` to its full length, over as many connections as that takes."""
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
    """Ask for what lacks of `part`, or for all of it, once."""
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
            raise PassingError("the rest does not fit what was there; it begins anew", wait=0.0)
        if None not in (total, wanted.size) and total != wanted.size:
            raise FetchError(
                f"{short(address)} has {total:,} bytes, and {wanted.size:,} were promised; it has "
                "changed, or something on the way answers in its place."
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
    """Append the body to `part`, unbuffered: what has come stays, whatever happens."""
    with part.open("ab", buffering=0) as file:
        for piece in client.pieces(response, decode=_is_coded(response)):
            view = memoryview(piece)
            while view:
                view = view[file.write(view) :]
            on_size(file.tell())


def _extent(response: BaseHTTPResponse, have: int) -> tuple[int | None, int | None]:
    """Return where the body begins and how long the file is; None where the answer doesn't say.

    The beginning is None too where it is not `have`, the only one that is of use. The length of a
    body that is coded for the way is not the file's.
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
    """Whether the server has packed the body although it was asked not to."""
    return response.headers.get("Content-Encoding", "identity").strip().lower() not in (
        "", "identity",
    )  # fmt: skip


def _other(response: BaseHTTPResponse, tag: str) -> bool:
    """Whether a partial answer is of another file: some servers don't know If-Range."""
    now = _validator(response)
    return bool(tag and now and now != tag)


def _validator(response: BaseHTTPResponse) -> str:
    """Return the strong ETag, else the date of the file, else nothing."""
    etag = response.headers.get("ETag", "").strip()
    return etag if etag.startswith('"') else response.headers.get("Last-Modified", "").strip()


def _note(part: Path, response: BaseHTTPResponse) -> None:
    """Keep what tells whether the server still has the same file; nothing where it is coded."""
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
