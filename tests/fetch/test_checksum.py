"""Checksums as they are published."""

from __future__ import annotations

import pytest

from hilum.fetch.checksum import Checksum, digests, parse_checksum, s3_checksum


def test_the_digits_are_those_of_the_standard_tools(tmp_path):
    """Expected: git's own book, and what everybody knows of the empty file."""
    path = tmp_path / "file"
    path.write_bytes(b"what is up, doc?")
    found = digests(path, ("git",))
    assert found["git"] == "bd9dbf5aae1a3862dd1526723246b20206e5fc37"  # Pro Git, chapter 10.2
    (tmp_path / "empty").write_bytes(b"")
    assert digests(tmp_path / "empty", ("git", "md5", "sha256")) == {
        "git": "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
        "md5": "d41d8cd98f00b204e9800998ecf8427e",
        "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    }


def test_what_comes_between_blocks_may_end_the_reading(tmp_path):
    (tmp_path / "file").write_bytes(b"x")

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        digests(tmp_path / "file", ("md5",), between=stop)


def test_an_etag_is_a_checksum_only_where_it_is_an_md5():
    assert s3_checksum('"D41D8CD98F00B204E9800998ECF8427E"') == Checksum(
        "md5", "d41d8cd98f00b204e9800998ecf8427e"
    )
    assert s3_checksum('"d41d8cd98f00b204e9800998ecf8427e-12"') is None
    assert s3_checksum("") is None


@pytest.mark.parametrize("text", ["md5:12", "crc:00000000", "d41d8cd98f00b204e9800998ecf8427e"])
def test_a_checksum_that_is_none_is_a_bug(text):
    assert parse_checksum("") is None
    with pytest.raises(ValueError, match="is no checksum"):
        parse_checksum(text)
