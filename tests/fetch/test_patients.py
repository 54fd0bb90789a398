"""The draw of patients."""

from __future__ import annotations

import pytest

from hilum.errors import UsageError
from hilum.fetch.idc import read_list
from hilum.fetch.patients import draw_patients

IDS = [f"{letter}{number}" for letter in "ABEG" for number in range(100)]


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
    shares = [sum(one.startswith(letter) for one in drawn) for letter in "ABEG"]
    assert all(12 <= share <= 38 for share in shares)  # 25 each; five deviations of 4.3 at most 47


def test_more_patients_than_there_are_is_a_wrong_call():
    with pytest.raises(UsageError, match="401 patients are asked for, and the collection has 400"):
        draw_patients(IDS, 401, seed=0)


def test_the_paper_s_101_patients_are_a_mix_of_all_as_the_collection_is():
    known = {one.patient for one in read_list("lung_pet_ct_dx.csv")}
    drawn = draw_patients(known, 101, seed=0)
    adenocarcinomas = sum(one.startswith("Lung_Dx-A") for one in drawn)
    assert 60 <= adenocarcinomas <= 83  # 71.4 expected of 251 in 355, three deviations of 3.9
