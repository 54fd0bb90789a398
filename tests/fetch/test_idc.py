"""The list of series, and what is chosen from it."""

from __future__ import annotations

import importlib.util
import itertools
from collections import Counter
from pathlib import Path

import pytest

from hilum.fetch import FetchOptions
from hilum.fetch.idc import IdcSeries, choose_series, read_list

SERIES = read_list("lung_pet_ct_dx.csv")


def test_the_list_holds_the_collection_as_its_owners_count_it():
    """Published on its page: 355 patients, 251,135 images in 1,295 series."""
    assert len(SERIES) == len({one.series for one in SERIES}) == 1295
    assert len({one.patient for one in SERIES}) == 355
    assert sum(one.images for one in SERIES) == 251_135
    kinds = Counter(one.kind for one in SERIES)
    assert kinds == {"ct": 881, "fused": 281, "pet": 133}
    assert len({one.patient for one in SERIES if one.kind == "ct"}) == 355


def test_the_order_of_the_list_is_not_that_of_the_patients():
    letters = "".join(one.patient[8] for one in SERIES)
    changes = sum(a != b for a, b in itertools.pairwise(letters))
    assert [one.series for one in SERIES] == sorted(one.series for one in SERIES)
    assert changes > 300


def test_ct_alone_is_chosen_unless_more_is_asked_for():
    assert {one.kind for one in choose_series(SERIES, FetchOptions())} == {"ct"}
    both = choose_series(SERIES, FetchOptions(also=("pet", "fused")))
    assert len(both) == 1295


def test_patients_without_a_ct_are_never_drawn():
    series = [
        IdcSeries("a", "1", "ct", 1, 1, "x"),
        IdcSeries("b", "2", "pet", 1, 1, "y"),
        IdcSeries("a", "3", "pet", 1, 1, "z"),
    ]
    chosen = choose_series(series, FetchOptions(also=("pet",)))
    assert [one.series for one in chosen] == ["1", "3"]


@pytest.mark.skipif(
    not (importlib.util.find_spec("idc_index_data") and importlib.util.find_spec("pyarrow")),
    reason="needs idc-index-data and pyarrow",
)
def test_the_list_is_what_the_index_of_idc_index_says():
    path = Path(__file__).with_name("write_idc_list.py")
    spec = importlib.util.spec_from_file_location("write_idc_list", path)
    assert spec and spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    now = script.series_of_index()
    there = {(one.patient, one.series, one.kind, one.images) for one in SERIES}
    assert there == set(
        now[["patient", "series", "kind", "images"]].itertuples(index=False, name=None)
    )
