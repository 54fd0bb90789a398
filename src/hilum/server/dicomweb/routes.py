"""DICOMweb (PS3.18): studies in by STOW-RS, result objects out by WADO-RS, found by QIDO-RS."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from email.message import Message as Header
from pathlib import Path as FilePath
from typing import Annotated, Any, BinaryIO

from fastapi import APIRouter, Path, Request
from fastapi.responses import Response, StreamingResponse
from python_multipart.multipart import MultipartParser

from hilum.server.problems import Problem, busy
from hilum.server.routes import problems
from hilum.server.service import Service, service_of

__all__ = ["dicomweb_router"]

dicomweb_router = APIRouter(prefix="/dicomweb")

DICOM, DICOM_JSON = "application/dicom", "application/dicom+json"
CANNOT_UNDERSTAND = 0xC000
"""Failure Reason of an instance that can't be stored (PS3.18 table I.2-2)."""
MOST_BOUNDARY = 256
BLOCK = 2**20

Uid = Annotated[str, Path(pattern=r"^[0-9.]{1,64}$")]


@dicomweb_router.post(
    "/studies", response_class=Response,
    responses={200: {"content": {DICOM_JSON: {}}, "description": "What was stored."},
               **problems("bad-request", "slow-upload", "busy")},
    openapi_extra={"requestBody": {"required": True, "content": {
        'multipart/related; type="application/dicom"': {
            "schema": {"type": "string", "format": "binary"}}}}},
)  # fmt: skip
async def stow(request: Request) -> Response:
    """Store instances (STOW-RS). A study is predicted once no instance has come for a while."""
    service = service_of(request)
    async with service.uploads.private_folder() as folder:
        files = await _Parts(folder, service.limits.files).take(request)
        content = {"work": "identify", "models": [service.studies.model],
                   "files": list(map(str, files))}  # fmt: skip
        found = json.loads(await service.pool.answer(content, service.limits.seconds))
        stored = [_store(service, ids, path) for ids, path in zip(found, files, strict=True)]
    failed = [ids for ids, good in zip(found, stored, strict=True) if not good]
    if failed and len(failed) == len(found) and all(failed):
        raise busy(30)
    base = str(request.base_url).rstrip("/")
    body = _stow_answer(
        [ids for ids, good in zip(found, stored, strict=True) if good], failed, base
    )
    status = 200 if not failed else 202 if len(failed) < len(found) else 409
    return Response(json.dumps(body), status, media_type=DICOM_JSON)


def _store(service: Service, ids: dict[str, str], path: FilePath) -> bool:
    """Take in an instance; False where it can't be."""
    if not ids:
        return False
    try:
        service.studies.add(ids, path)
    except Problem:
        return False
    return True


def _stow_answer(
    stored: list[dict[str, str]], failed: list[dict[str, str]], base: str
) -> dict[str, Any]:
    """Return the Store Instances response (PS3.18 table 10.5.3-1)."""

    def reference(ids: dict[str, str], tag: str, value: dict[str, Any]) -> dict[str, Any]:
        named = {
            "00081150": {"vr": "UI", "Value": [ids.get("sop_class_uid", "")]},
            "00081155": {"vr": "UI", "Value": [ids.get("sop_instance_uid", "")]},
        }
        return {**(named if ids else {}), tag: value}

    good = [
        reference(
            ids, "00081190",
            {"vr": "UR", "Value": [
                f"{base}/dicomweb/studies/{ids['study_instance_uid']}/series/"
                f"{ids['series_instance_uid']}/instances/{ids['sop_instance_uid']}"]},
        )
        for ids in stored
    ]  # fmt: skip
    bad = [reference(ids, "00081197", {"vr": "US", "Value": [CANNOT_UNDERSTAND]}) for ids in failed]
    answer: dict[str, Any] = {}
    if good:
        answer["00081199"] = {"vr": "SQ", "Value": good}
    if bad:
        answer["00081198"] = {"vr": "SQ", "Value": bad}
    return answer


class _Parts:
    """The parts of a multipart/related body, written to files as they come."""

    def __init__(self, folder: FilePath, most: int) -> None:
        self.folder, self.most = folder, most
        self.files: list[FilePath] = []
        self._open: BinaryIO | None = None

    async def take(self, request: Request) -> list[FilePath]:
        """Return the files of a request's parts.

        Raises:
            Problem: it is no such body, or has too many parts.
        """
        header = Header()
        header["content-type"] = request.headers.get("content-type", "")
        boundary = header.get_param("boundary", "")
        if header.get_content_type() != "multipart/related" or not isinstance(boundary, str):
            raise Problem("bad-request", "STOW-RS takes multipart/related; type=application/dicom.")
        if not 0 < len(boundary) <= MOST_BOUNDARY:
            raise Problem("bad-request", "The body's boundary is missing or too long.")
        parser = MultipartParser(
            boundary.encode("latin-1", "replace"),
            {"on_part_begin": self._begin, "on_part_data": self._write, "on_part_end": self._end},
        )
        try:
            async for piece in request.stream():
                parser.write(piece)
            parser.finalize()
        except ValueError:
            raise Problem("bad-request", "The body is not multipart/related.") from None
        finally:
            self._end()
        if not self.files:
            raise Problem("bad-request", "The body has no part.")
        return self.files

    def _begin(self) -> None:
        if len(self.files) >= self.most:
            raise Problem("too-large", f"A request may have at most {self.most:,} parts.")
        path = self.folder / f"part-{len(self.files):06d}"
        self.files.append(path)
        self._open = path.open("xb")

    def _write(self, data: bytes, start: int, end: int) -> None:
        assert self._open is not None
        self._open.write(data[start:end])

    def _end(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None


WADO: dict[str, Any] = {
    "response_class": Response,
    "responses": {
        200: {"content": {f'multipart/related; type="{DICOM}"': {}}, "description": "Objects."},
        **problems("not-found", "wrong-option", "busy"),
    },
}
LISTED: dict[str, Any] = {
    "response_class": Response,
    "responses": {
        200: {"content": {DICOM_JSON: {}}, "description": "Their headers."},
        **problems("not-found", "wrong-option", "busy"),
    },
}


@dicomweb_router.get("/studies/{study}", **WADO)
async def wado_study(request: Request, study: Uid) -> Response:
    """Return the result objects of a study (WADO-RS)."""
    return _related(_found(request, study))


@dicomweb_router.get("/studies/{study}/series/{series}", **WADO)
async def wado_series(request: Request, study: Uid, series: Uid) -> Response:
    """Return the result objects of a series of results."""
    return _related(_found(request, study, series))


@dicomweb_router.get("/studies/{study}/series/{series}/instances/{instance}", **WADO)
async def wado_instance(request: Request, study: Uid, series: Uid, instance: Uid) -> Response:
    """Return one result object."""
    return _related(_found(request, study, series, instance))


@dicomweb_router.get("/studies/{study}/metadata", **LISTED)
async def metadata(request: Request, study: Uid) -> Response:
    """Return the headers of the result objects of a study, without pixels."""
    return _listed(_found(request, study))


@dicomweb_router.get("/studies/{study}/instances", **LISTED)
async def qido_instances(request: Request, study: Uid) -> Response:
    """Return the headers of the result objects of a study (QIDO-RS, without filters)."""
    return _listed(_found(request, study))


def _found(request: Request, *uids: str) -> list[dict[str, Any]]:
    names = ("study_instance_uid", "series_instance_uid", "sop_instance_uid")
    return service_of(request).studies.objects(dict(zip(names, uids, strict=False)))


def _listed(found: list[dict[str, Any]]) -> Response:
    text = json.dumps([one["metadata"] for one in found])
    return Response(text, media_type=DICOM_JSON)


def _related(found: list[dict[str, Any]]) -> Response:
    """Return files as multipart/related."""
    boundary = secrets.token_hex(16)

    async def pieces() -> AsyncIterator[bytes]:
        for one in found:
            yield f"--{boundary}\r\nContent-Type: {DICOM}\r\n\r\n".encode()
            yield await asyncio.to_thread(FilePath(one["file"]).read_bytes)
            yield b"\r\n"
        yield f"--{boundary}--\r\n".encode()

    media_type = f'multipart/related; type="{DICOM}"; boundary={boundary}'
    return StreamingResponse(pieces(), headers={"Content-Type": media_type})
