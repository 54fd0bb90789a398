"""The hash by which a file is known again."""

from __future__ import annotations

from pathlib import Path

from hilum.storage.file_hash import hash_of


def test_a_file_has_its_sha_256_and_a_missing_one_none(tmp_path: Path) -> None:
    (tmp_path / "abc").write_bytes(b"abc")
    assert hash_of(tmp_path / "abc") == (
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )
    assert hash_of(tmp_path / "gone") == ""
