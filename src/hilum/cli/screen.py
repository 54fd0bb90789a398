"""Output that any terminal and log can take: what it lacks is escaped."""

from __future__ import annotations

import codecs
import io
import sys

__all__ = ["escape_output"]

HANDLER = "hilum-escape"
"""Name of the error handler of stdout and stderr."""

BYTE = 0xDC00
"""Python adds this to a byte of a file name that is not UTF-8 (the handler `surrogateescape`)."""


def escape_output() -> None:
    """Let stdout and stderr escape what they can't show, so that no command ends by what it prints.

    A byte of a file name that is not UTF-8 is shown as in tables (`\\xe9`), a character that the
    encoding lacks as in Python (`\\u4e2d`).
    """
    codecs.register_error(HANDLER, _escape)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=HANDLER)


def _escape(error: UnicodeError) -> tuple[str, int]:
    """Return the escapes of characters that can't be encoded, and where to continue."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end]
    return "".join(map(_escape_character, characters)), error.end


def _escape_character(character: str) -> str:
    code = ord(character)
    if BYTE + 0x80 <= code <= BYTE + 0xFF:
        return f"\\x{code - BYTE:02x}"
    return character.encode("ascii", "backslashreplace").decode()
