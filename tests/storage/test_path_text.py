"""Paths as text, and back to the same bytes."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hilum.storage.path_text import path_of_text, text_of_path


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (b"mine/a b.png", "mine/a b.png"),
        ("mine/片.png".encode(), "mine/片.png"),
        (b"latin\xe9.png", r"latin\xe9.png"),
        (b"a\\xe9.png", r"a\x5cxe9.png"),
        (b" first.png", r"\x20first.png"),
        (b"last.png ", r"last.png\x20"),
    ],
)
def test_text_is_readable_and_leads_back(name: bytes, text: str) -> None:
    path = Path(os.fsdecode(name))
    assert text_of_path(path) == text
    assert path_of_text(text) == path
    assert text.encode("utf-8").decode("utf-8") == text


@given(st.binary(min_size=1, max_size=12).filter(lambda name: not {0, 0x2F} & set(name)))
def test_any_file_name_leads_back_to_its_bytes(name: bytes) -> None:
    path = Path(os.fsdecode(name))
    assert os.fsencode(path_of_text(text_of_path(path))) == os.fsencode(path)
    text_of_path(path).encode("utf-8")
