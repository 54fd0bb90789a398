"""Collections of TCIA as the Imaging Data Commons holds them: series in a public bucket.

Which series a collection has, and where they lie, is written down in a list next to this file, made
from the index that the package idc-index carries (tests/fetch/write_idc_list.py; the
version stands in collections.toml). So a draw of patients is the same everywhere, and neither that
package nor what reads its index (250 MB together) is needed. A version of a series keeps its folder
in the bucket for good.

The objects are read over HTTPS as anyone may: the bucket answers ListObjectsV2 (Amazon S3 API
Reference) with each object's size and ETag, which is its MD5 where it was put in one piece.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib import resources
from typing import NamedTuple
from urllib.parse import quote, urlencode
from xml.etree import ElementTree

from hilum.catalogue.collections import Download
from hilum.errors import FetchError, UsageError
from hilum.fetch.checksum import s3_checksum
from hilum.fetch.client import Client
from hilum.fetch.options import FetchOptions
from hilum.fetch.wanted import Listing, Wanted, inside

__all__ = ["IdcSeries", "choose_series", "draw_patients", "list_series", "read_list"]


class IdcSeries(NamedTuple):
    """One series: patient, SeriesInstanceUID, kind, number of images, size and folder."""

    patient: str
    series: str
    kind: str
    images: int
    kilobytes: int
    folder: str


def read_list(name: str) -> tuple[IdcSeries, ...]:
    """Read a list of series next to this file; kinds are `ct` and those of ALSO."""
    text = resources.files("hilum.fetch").joinpath(name).read_text(encoding="utf-8")
    return tuple(
        IdcSeries(
            **{**row, "images": int(row["images"]), "kilobytes": int(row["kilobytes"])}  # type: ignore[arg-type]
        )
        for row in csv.DictReader(text.splitlines())
    )


def choose_series(series: Iterable[IdcSeries], options: FetchOptions) -> tuple[IdcSeries, ...]:
    """Return the series of the requested kinds, of the drawn patients.

    Patients are drawn from those with a CT; series are sorted by their identifiers.

    Raises:
        UsageError: there are not so many patients.
    """
    series = tuple(series)
    having_ct = [item.patient for item in series if item.kind == "ct"]
    drawn = set(draw_patients(having_ct, options.patients, seed=options.seed))
    kinds = {"ct", *options.also}
    return tuple(item for item in series if item.patient in drawn and item.kind in kinds)


def draw_patients(patients: Iterable[str], count: int | None, *, seed: int) -> tuple[str, ...]:
    """Return `count` of the patients, in the order in which they were drawn.

    Patients are sorted by the SHA-256 of "seed/id" and the first `count` are taken. So the letters
    of an id have no influence (in Lung-PET-CT-Dx one encodes the histology), the draw depends on
    no random generator's version, a larger draw contains the smaller ones of the same seed, and a
    patient added to the collection later displaces at most one other.

    Args:
        patients: ids; repeated ones count once.
        count: how many; None: all.
        seed: any number of at least 0.

    Raises:
        UsageError: there are not so many.
    """
    known = sorted(
        set(patients), key=lambda patient: hashlib.sha256(f"{seed}/{patient}".encode()).hexdigest()
    )
    if count is not None and count > len(known):
        raise UsageError(f"{count} patients were requested, and the collection has {len(known)}.")
    return tuple(known[:count])


def list_series(
    download: Download, series: Sequence[IdcSeries], *, client: Client, options: FetchOptions
) -> Listing:
    """List the objects of each series in the bucket.

    Files go to `download.name/patient/series/object`: the collection's own names; the study is left
    out because such paths would be too long for Windows.

    Raises:
        FetchError: no listing, or an incomplete one.
    """
    base = f"{(options.server or download.addresses[0]).rstrip('/')}/{download.bucket}"
    found: list[Wanted] = []
    with ThreadPoolExecutor(options.side_by_side) as pool:
        pending = [pool.submit(_list_one, base, download.name, item, client) for item in series]
        try:
            for done, future in enumerate(pending, start=1):
                found += future.result()
                options.progress.advance("series listed", done, len(pending))
        except BaseException:
            client.stop()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return Listing(tuple(found))


def _list_one(base: str, name: str, series: IdcSeries, client: Client) -> list[Wanted]:
    """Return the files of one series."""
    found = [
        Wanted(
            path=inside(
                f"{name}/{series.patient}/{series.series}/{key.rpartition('/')[2]}", of=base
            ),
            addresses=(f"{base}/{quote(key)}",),
            size=size,
            checksum=s3_checksum(etag),
        )
        for key, size, etag in _objects(base, f"{series.folder}/", client)
    ]
    if len(found) != series.images:
        raise FetchError(
            f"{base} lists {len(found)} of the {series.images} images of a series; nothing was "
            "fetched of it: try again later, or give another server with --from."
        )
    return found


def _objects(base: str, prefix: str, client: Client) -> Iterable[tuple[str, int, str]]:
    """Yield key, size and ETag of all objects under a prefix, page by page."""
    token = ""
    while True:
        query = {
            "list-type": "2",
            "prefix": prefix,
            **({"continuation-token": token} if token else {}),
        }
        page = _page(client.read(f"{base}/?{urlencode(query)}"), base)
        for entry in page.iterfind("{*}Contents"):
            key, size = entry.findtext("{*}Key", ""), entry.findtext("{*}Size", "")
            if not key.startswith(prefix) or not size.isdecimal():
                raise _no_listing(base)
            if not key.endswith("/"):
                yield key, int(size), entry.findtext("{*}ETag", "")
        token = page.findtext("{*}NextContinuationToken", "")
        if page.findtext("{*}IsTruncated", "false") != "true":
            return
        if not token:
            raise _no_listing(base)


def _page(content: bytes, base: str) -> ElementTree.Element:
    """Parse one page of a listing, or refuse it."""
    try:
        page = ElementTree.fromstring(content)
    except ElementTree.ParseError:
        raise _no_listing(base) from None
    if page.tag.rpartition("}")[2] != "ListBucketResult":
        raise _no_listing(base)
    return page


def _no_listing(base: str) -> FetchError:
    return FetchError(
        f"{base} returned no S3 list of objects; a proxy may have answered instead, or the "
        "address after --from is not an S3 server."
    )
