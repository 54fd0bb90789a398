"""Messages between the server and its workers: a head in JSON and a body of bytes, never pickles.

A message is two lengths (4 bytes each, big-endian), the head and the body.
"""

from __future__ import annotations

import asyncio
import json
import struct
import traceback
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

__all__ = ["ChannelError", "Message", "MessageStream", "pack", "read_message", "trace_of"]

_LENGTHS = struct.Struct(">II")
LARGEST_HEAD = 2**20
LARGEST_BODY = 2**30


class ChannelError(Exception):
    """The other side ended, or what it sent is no message."""


class Message(NamedTuple):
    """What one process sends another: `head` is a JSON object, `body` any bytes."""

    head: dict[str, Any]
    body: bytes = b""


def trace_of(error: BaseException) -> list[str]:
    """Return where an exception came from, for a log; its message may quote a patient's file."""
    frames = traceback.extract_tb(error.__traceback__)
    return [type(error).__name__, *(f"{Path(f.filename).name}:{f.lineno}" for f in frames)]


def pack(message: Message) -> bytes:
    """Return a message as bytes."""
    head = json.dumps(message.head).encode()
    return _LENGTHS.pack(len(head), len(message.body)) + head + message.body


def read_message(file: BinaryIO) -> Message | None:
    """Return the next message of a file; None at its end.

    Raises:
        ChannelError: it ends within a message, or there is none.
    """
    lengths = file.read(_LENGTHS.size)
    if not lengths:
        return None
    head, body = _checked(lengths)
    return _parsed(file.read(head), file.read(body), body)


class MessageStream:
    """The messages of a stream, one after another."""

    def __init__(self, stream: asyncio.StreamReader) -> None:
        self.stream = stream

    async def receive(self) -> Message:
        """Return the next message.

        Raises:
            ChannelError: the stream ended, or there is none.
        """
        exactly = self.stream.readexactly
        try:
            head, body = _checked(await exactly(_LENGTHS.size))
            return _parsed(await exactly(head), await exactly(body), body)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise ChannelError("the worker ended.") from error


def _checked(lengths: bytes) -> tuple[int, int]:
    """Return the lengths of head and body."""
    if len(lengths) < _LENGTHS.size:
        raise ChannelError("the message ends in its first bytes.")
    head, body = _LENGTHS.unpack(lengths)
    if head > LARGEST_HEAD or body > LARGEST_BODY:
        raise ChannelError("the message is too long.")
    return head, body


def _parsed(head: bytes, body: bytes, length: int) -> Message:
    try:
        content = json.loads(head)
    except ValueError as error:
        raise ChannelError("the head of the message is not JSON.") from error
    if not isinstance(content, dict) or len(body) != length:
        raise ChannelError("the message is cut short.")
    return Message(content, body)
