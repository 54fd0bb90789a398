"""The facts about the collections."""

from __future__ import annotations

import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from hilum.catalogue.collections import fetchable, known_collections
from hilum.fetch.checksum import parse_checksum
from hilum.sources import SOURCES

COLLECTIONS = known_collections()


def test_the_paper_s_two_sources_and_the_decathlon_can_be_fetched():
    assert fetchable() == ("ct-pneumonia", "lung-pet-ct-dx", "msd-lung")


@pytest.mark.parametrize("name", fetchable())
def test_what_can_be_fetched_says_whose_it_is_on_which_terms_and_from_where(name):
    one = COLLECTIONS[name]
    assert all((one.title, one.owner, one.citation, one.terms, one.traps, one.page, one.holds))
    for part in one.parts:
        assert part.kind in ("github", "idc", "file")
        assert part.known_from
        assert all(urlsplit(address).scheme == "https" for address in part.addresses)
        parse_checksum(part.checksum)
        assert part.name or part.repository


@pytest.mark.parametrize("name", sorted(SOURCES))
def test_every_source_is_known_in_the_same_words(name):
    source, known = SOURCES[name], COLLECTIONS[name]
    assert (source.name, source.title, source.citation, source.terms, source.traps) == (
        known.name, known.title, known.citation, known.terms, known.traps,
    )  # fmt: skip


def test_the_list_needs_neither_pandas_nor_the_extra():
    code = (
        "import sys; from hilum.cli import data_list; data_list.command(json=False);"
        "assert not {'pandas', 'numpy', 'urllib3', 'cv2'} & set(sys.modules), 'heavy'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "terms:  CC BY-SA 4.0" in done.stdout
