"""The viewer: a static page without a build step or a library, and the files that it is made of."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import NamedTuple

__all__ = ["ViewerFile", "viewer_file"]

MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


class ViewerFile(NamedTuple):
    """A file of the page."""

    content: bytes
    media_type: str


def viewer_file(name: str) -> ViewerFile | None:
    """Return a file of the page; None where there is none of that name."""
    return _files().get(name)


@cache
def _files() -> dict[str, ViewerFile]:
    """Return all files of the page by name: no name that a client sends becomes a path."""
    files = {}
    for file in resources.files("hilum.viewer").joinpath("page").iterdir():
        suffix = "." + file.name.rpartition(".")[2]
        if suffix in MEDIA_TYPES:
            files[file.name] = ViewerFile(file.read_bytes(), MEDIA_TYPES[suffix])
    return files
