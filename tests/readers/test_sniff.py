"""What a file is, by its first bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from hilum.readers import is_candidate
from hilum.readers.sniff import sniff


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (bytes(128) + b"DICM", "DICOM"),
        (b"\x08\x00\x05\x00CS\x0a\x00ISO_IR 100", "DICOM"),
        (b"\x08\x00\x05\x00\x0a\x00\x00\x00ISO_IR 100", "DICOM"),
        (b"\x00\x08\x00\x05\x00\x00\x00\x0aISO_IR 100", "DICOM"),
        (b"\x08\x00\x05\x00\x0b\x00\x00\x00ISO_IR 100", None),
        (b"\x08\x00\x05\x00\xff\xff\xff\x7f", None),
        (b"II*\0" + bytes(124) + b"DICM", "DICOM"),  # a file that is both
        (b"II*\0\x08\0\0\0", "TIFF"),
        (b"MM\0*\0\0\0\x08", "TIFF"),
        (b"BM" + bytes(12) + (40).to_bytes(4, "little"), "BMP"),
        (b"BMI of the patients, in kg/m2", None),
        (b"RIFF\0\0\0\0WEBPVP8 ", "WebP"),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"GIF89a", None),
        (b"", None),
    ],
)
def test_the_format_shows_in_the_first_bytes(head: bytes, kind: str | None) -> None:
    assert sniff(head) == kind


@pytest.mark.parametrize(
    ("name", "content", "is_slice"),
    [
        ("notes.md", b"# notes", False),
        ("boxes.xml", b"<annotation/>", False),
        ("book.xlsx", b"PK\x03\x04", False),
        ("IM0001", bytes(128) + b"DICM", True),
        ("scan.PNG", b"hello", True),
        ("scan.bin", b"\xff\xd8\xff\xe0", True),
        ("empty", b"", False),
    ],
)
def test_a_candidate_looks_or_is_named_like_a_slice(
    tmp_path: Path, name: str, content: bytes, is_slice: bool
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert is_candidate(path) is is_slice


def test_a_folder_or_nothing_is_no_candidate(tmp_path: Path) -> None:
    (tmp_path / "folder.dcm").mkdir()
    assert not is_candidate(tmp_path / "folder.dcm")
    assert not is_candidate(tmp_path)
    assert not is_candidate(tmp_path / "nothing.png")
