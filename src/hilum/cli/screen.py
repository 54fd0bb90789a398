"""Output that any terminal and log can take: what it lacks is escaped."""

from __future__ import annotations

import codecs
import io
import sys

__all__ = ["escape_output"]

HANDLER = "hilum-escape"
"""Name of the error handler of stdout and stderr."""

ASCII = "hilum-ascii"
"""ASCII under another name: click writes UTF-8 to a stream that it takes for misconfigured."""

BYTE = 0xDC00
"""Python adds this to a byte of a file name that is not UTF-8 (the handler `surrogateescape`)."""


def escape_output() -> None:
    """Let stdout and stderr escape what they can't show, so that no command fails by its output.

    A byte of a file name that is not UTF-8 is shown as in tables (`\\xe9`), a character that the
    encoding lacks as in Python (`\\u4e2d`).
    """
    codecs.register_error(HANDLER, _escape)
    codecs.register(_find_codec)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            is_ascii = codecs.lookup(stream.encoding).name == "ascii"
            stream.reconfigure(errors=HANDLER, encoding=ASCII if is_ascii else None)


def _find_codec(name: str) -> codecs.CodecInfo | None:
    """Return the codec ASCII for its other name, in which Python has replaced the hyphen."""
    if name.replace("_", "-") != ASCII:
        return None
    known = codecs.lookup("ascii")
    return codecs.CodecInfo(
        known.encode, known.decode, known.streamreader, known.streamwriter,
        known.incrementalencoder, known.incrementaldecoder, name=ASCII,
    )  # fmt: skip


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
