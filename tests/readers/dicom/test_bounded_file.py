"""Lengths that a file states and doesn't have reserve no memory."""

from __future__ import annotations

import tracemalloc
from contextlib import suppress
from pathlib import Path

import pytest
from made_dicom import ct_file

from hilum.errors import ReadError
from hilum.readers import read_ids, read_slice
from hilum.readers.dicom.bounded_file import SMALL_READ, BoundedFile
from hilum.readers.file_facts import read_file_facts

MIB = 2**20
STATED = (0xFFFFFFFE).to_bytes(4, "little")
META_END = 144


def with_length(content: bytes, before: bytes) -> bytes:
    """Return a file in which the element that begins with `before` states almost 4 GiB."""
    at = content.index(before) + len(before)
    return content[:at] + STATED + content[at + 4 :]


def test_a_read_gives_what_is_there(tmp_path: Path) -> None:
    content = bytes(range(256)) * 1024
    (tmp_path / "x").write_bytes(content)
    with BoundedFile(tmp_path / "x") as file:
        assert file.read(10) == content[:10]
        assert file.read(SMALL_READ + 1) == content[10 : SMALL_READ + 11]
        assert file.read(2**32) == content[SMALL_READ + 11 :]
        assert file.read(2**32) == b""
        file.seek(len(content) + 100)
        assert file.read(2**32) == b""
        file.seek(5)
        assert file.read() == content[5:]
    with pytest.raises(FileNotFoundError):
        BoundedFile(tmp_path / "y")


@pytest.mark.parametrize(
    "content",
    [
        with_length(ct_file(TextValue=("UT", "text")), b"\x40\x00\x60\xa1UT\0\0"),
        # in the file meta information, which is read before the transfer syntax is known
        ct_file()[:META_END] + b"\x02\x00\x02\x01OB\0\0" + STATED + ct_file()[META_END:],
    ],
)
def test_an_element_that_states_4_gib_reserves_no_memory(tmp_path: Path, content: bytes) -> None:
    """Found by benchmarks/serve_fuzz.py: one in twenty mutated files ended a worker so."""
    path = tmp_path / "slice.dcm"
    path.write_bytes(content)
    read_slice_or_refuse(path)  # what is imported and cached counts no more
    tracemalloc.start()
    try:
        read_slice_or_refuse(path)
        assert tracemalloc.get_traced_memory()[1] < 4 * MIB
    finally:
        tracemalloc.stop()


def read_slice_or_refuse(path: Path) -> None:
    for read in (read_slice, read_ids, read_file_facts):
        with suppress(ReadError):
            read(path)
