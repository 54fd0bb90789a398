"""Uploads: read from a request into a folder of its own, which is gone with the request."""

from __future__ import annotations

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from starlette.datastructures import FormData, UploadFile
from starlette.requests import ClientDisconnect, Request

from hilum.server.problems import Problem

__all__ = ["Form", "Uploads"]

BLOCK = 2**20
FIELDS, FIELD_BYTES = 8, 4096
"""Form fields besides files, and bytes of each."""


class Form:
    """A parsed form: its files in their order.

    Raises:
        Problem: it has other parts, whose words would otherwise count for nothing.
    """

    def __init__(self, data: FormData) -> None:
        self.files: list[UploadFile] = []
        for name, value in data.multi_items():
            if not isinstance(value, UploadFile):
                raise Problem(
                    "bad-request",
                    "The form holds files alone; options belong in the address, as in ?model=NAME.",
                )
            if name != "file":
                raise Problem("bad-request", "The form's files are to be called `file`.")
            self.files.append(value)


@dataclass(frozen=True)
class Uploads:
    """Where uploads lie: `folder` is the server's, readable by its user alone."""

    folder: Path

    @asynccontextmanager
    async def form_of(self, request: Request, *, files: int) -> AsyncIterator[Form]:
        """Yield the multipart form of a request; its temporary files are closed afterwards.

        Raises:
            Problem: it is none, has too many parts, or no file.
        """
        if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            raise Problem("bad-request", "The body must be multipart/form-data with a part `file`.")
        try:
            parsed = await request.form(
                max_files=files, max_fields=FIELDS, max_part_size=FIELD_BYTES
            )
        except ClientDisconnect:
            raise Problem("bad-request", "The client went away.") from None
        try:
            form = Form(parsed)
            if not form.files:
                raise Problem("bad-request", "The form has no part `file` with a file name.")
            yield form
        finally:
            await parsed.close()

    @asynccontextmanager
    async def private_folder(self) -> AsyncIterator[Path]:
        """Yield a new folder of a random name; remove it afterwards."""
        folder = self.folder / secrets.token_hex(16)
        folder.mkdir(mode=0o700)
        try:
            yield folder
        finally:
            await asyncio.shield(asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True))

    async def store(
        self, upload: UploadFile, folder: Path, number: int = 0, *, suffix: str = ""
    ) -> Path:
        """Write an upload into a folder; its own name is never part of the path.

        Returns:
            the path of the file.
        """
        path = folder / f"upload-{number:06d}{suffix}"

        def write(source: BinaryIO) -> None:
            source.seek(0)
            with path.open("xb") as file:
                shutil.copyfileobj(source, file, BLOCK)

        await asyncio.to_thread(write, upload.file)
        return path
