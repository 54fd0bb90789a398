"""Paths as text in tables and JSON: valid UTF-8 that leads back to exactly the same file.

A file name may hold bytes that are not UTF-8 (`latin\\xe9.png`); Python reads them as lone
surrogates, which no UTF-8 file can hold and few terminals can show. In text such a byte is written
`\\xHH`, and so are a backslash (`\\x5c`) and a space at the start or end (`\\x20`), which a table
does not allow.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

__all__ = ["ESCAPES", "path_of_text", "text_of_path"]

ESCAPES = r"\\x(?:20|5c|[89a-f][0-9a-f])"
"""Pattern of the escapes in text."""

_TO_ESCAPE = re.compile("[\udc80-\udcff\\\\]|^ | $")
_ESCAPED = re.compile(ESCAPES)

_SURROGATES = 0xDC00
"""Python adds this to a byte that it can't decode (the error handler `surrogateescape`)."""


def text_of_path(path: Path | str) -> str:
    """Return a path as text, with forward slashes: the inverse of `path_of_text`."""
    return _TO_ESCAPE.sub(_escape, Path(path).as_posix())


def path_of_text(text: str) -> Path:
    """Return the path that `text` stands for: the inverse of `text_of_path`."""
    return Path(_ESCAPED.sub(_unescape, text) if "\\" in text else text)


def _escape(match: re.Match[str]) -> str:
    number = ord(match[0])
    return f"\\x{number - _SURROGATES if number > _SURROGATES else number:02x}"


def _unescape(match: re.Match[str]) -> str:
    number = int(match[0][2:], 16)
    return os.fsdecode(bytes([number])) if number >= 0x80 else chr(number)
