"""The list of series, and what is chosen from it."""

from __future__ import annotations

import importlib.util
import itertools
from collections import Counter
from pathlib import Path

import pytest

from hilum.errors import UsageError
from hilum.fetch import FetchOptions
from hilum.fetch.idc import IdcSeries, choose_series, draw_patients, read_list

SERIES = read_list("lung_pet_ct_dx.csv")
IDS = [f"{letter}{number}" for letter in "ABEG" for number in range(100)]


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


def test_the_draw_is_the_same_everywhere_whatever_the_order_of_the_ids():
    drawn = draw_patients(IDS, 5, seed=0)
    assert drawn == draw_patients([*reversed(IDS), *IDS], 5, seed=0)
    assert drawn == ("A76", "A84", "G9", "G61", "E86")  # printf 0/A76 | sha256sum, and so on
    assert drawn != draw_patients(IDS, 5, seed=1)


def test_more_of_a_seed_hold_the_fewer_and_all_are_all():
    assert draw_patients(IDS, 20, seed=4)[:7] == draw_patients(IDS, 7, seed=4)
    assert sorted(draw_patients(IDS, None, seed=4)) == sorted(IDS)


def test_a_patient_who_is_added_moves_at_most_one_out():
    before = set(draw_patients(IDS, 50, seed=0))
    after = set(draw_patients([*IDS, "A999"], 50, seed=0))
    assert len(before - after) <= 1


def test_the_letter_of_an_id_does_not_decide_who_is_drawn_first():
    drawn = draw_patients(IDS, 100, seed=0)
    shares = [sum(patient.startswith(letter) for patient in drawn) for letter in "ABEG"]
    assert all(12 <= share <= 38 for share in shares)  # 25 each; five deviations of 4.3 at most 47


def test_more_patients_than_there_are_is_a_wrong_call():
    with pytest.raises(UsageError, match="401 patients were requested, and the collection has 400"):
        draw_patients(IDS, 401, seed=0)


def test_the_paper_s_101_patients_are_a_mix_of_all_as_the_collection_is():
    known = {series.patient for series in read_list("lung_pet_ct_dx.csv")}
    drawn = draw_patients(known, 101, seed=0)
    adenocarcinomas = sum(patient.startswith("Lung_Dx-A") for patient in drawn)
    assert 60 <= adenocarcinomas <= 83  # 71.4 expected of 251 in 355, three deviations of 3.9


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
