"""Listings: what is known before a server is asked, and single files with their checksums."""

from __future__ import annotations

import pytest

from hilum.catalogue.collections import Download, known_collections
from hilum.errors import UsageError
from hilum.fetch import FetchOptions
from hilum.fetch.checksum import Checksum
from hilum.fetch.listing import Expected, expect, find_collection, list_file
from hilum.fetch.wanted import Archive, Listing, Wanted

MD5 = "d41d8cd98f00b204e9800998ecf8427e"


def test_a_collection_without_addresses_and_an_unknown_one_are_refused():
    assert find_collection("msd-lung") is known_collections()["msd-lung"]
    with pytest.raises(UsageError) as caught:
        find_collection("iq-oth-nccd")
    assert str(caught.value).startswith("iq-oth-nccd can't be fetched; hilum can fetch ct-pneu")
    with pytest.raises(UsageError) as caught:
        find_collection("msd-lungs")
    assert str(caught.value).startswith(
        "unknown collection 'msd-lungs'; did you mean 'msd-lung'? hilum can fetch "
    )


def test_a_collection_in_one_piece_is_expected_as_the_catalogue_has_it():
    known = known_collections()["msd-lung"]
    assert expect(known, FetchOptions()) == Expected(
        known.holds, known.bytes_to_fetch, known.bytes_on_disk
    )
    with pytest.raises(UsageError, match="msd-lung is fetched as a whole"):
        expect(known, FetchOptions(patients=3))


def test_a_draw_of_patients_takes_its_share_of_the_bytes():
    known = known_collections()["lung-pet-ct-dx"]
    everything, few = expect(known, FetchOptions()), expect(known, FetchOptions(patients=3, seed=1))
    assert everything.bytes_to_fetch == known.bytes_to_fetch
    assert 0 < few.bytes_to_fetch < 0.05 * everything.bytes_to_fetch
    assert few.bytes_on_disk - few.bytes_to_fetch == known.bytes_on_disk - known.bytes_to_fetch
    assert few.selection.startswith("3 of 355 patients drawn with seed 1: ")
    assert everything.selection.startswith("355 of 355 patients: ")


def test_pet_series_add_their_bytes():
    known = known_collections()["lung-pet-ct-dx"]
    without, with_pet = (
        expect(known, FetchOptions(patients=60, seed=1, also=also)) for also in ((), ("pet",))
    )
    assert with_pet.bytes_to_fetch > 1.02 * without.bytes_to_fetch
    assert " CT and pet series of " in with_pet.selection


def test_a_file_is_wanted_with_its_checksum_and_first_bytes():
    sheet = Download("file", ("https://a/x.xlsx", "https://b/x.xlsx"), "", name="x.xlsx", size=9)
    assert list_file(sheet) == Listing(
        files=(Wanted("x.xlsx", ("https://a/x.xlsx", "https://b/x.xlsx"), 9, None, b"PK"),)
    )
    table = Download("file", ("https://a/x.csv",), "", name="x.csv", checksum=f"md5:{MD5}")
    (wanted,) = list_file(table, server="http://mirror/").files
    assert wanted == Wanted("x.csv", ("http://mirror/x.csv",), None, Checksum("md5", MD5), b"")


def test_an_archive_is_one_to_unpack():
    tar = Download("file", ("https://a/x.tar",), "", name="x.tar", unpack=True, below="Task06_Lung")
    assert list_file(tar) == Listing(
        archives=(Archive(Wanted("x.tar", ("https://a/x.tar",), None, None, b""), "Task06_Lung"),)
    )
