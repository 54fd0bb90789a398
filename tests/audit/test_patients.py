"""Groups that can't be patients."""

from __future__ import annotations

import numpy as np
from conftest import MakeTable

from hilum.audit.patients import groups_concern


def test_more_groups_than_patients_are_found(make_table: MakeTable) -> None:
    concern = groups_concern(make_table(20), alike=np.arange(20), patients={"site": 12})
    assert concern.level == "more"
    assert concern.sentence.startswith("site: 20 groups; the collection says 12 patients.")
    assert "--group-runs" in concern.sentence


def test_groups_of_one_slice_are_found_unless_patients_are_named(make_table: MakeTable) -> None:
    concern = groups_concern(make_table(20), alike=np.arange(20), patients={})
    assert concern.level == "alike"
    assert concern.sentence.startswith("site: 20 of 20 slices are a group of their own")
    named = make_table(20, patient_id=[f"p{n}" for n in range(20)])
    assert groups_concern(named, alike=np.arange(20), patients={}).level == "none"


def test_groups_that_are_near_duplicates_are_found(make_table: MakeTable) -> None:
    groups = [f"g{n // 2}" for n in range(20)]
    looks = np.arange(20) // 2 * 2
    table = make_table(20, group=groups)
    concern = groups_concern(table, alike=looks, patients={})
    assert concern.level == "alike"
    assert "near-duplicates are not patients" in concern.sentence
    assert concern.numbers["sources"]["site"]["one_look"] == 20


def test_groups_of_slices_that_look_different_pass(make_table: MakeTable) -> None:
    groups = [f"g{n // 4}" for n in range(20)]
    concern = groups_concern(make_table(20, group=groups), alike=np.arange(20), patients={})
    assert (concern.level, concern.sentence) == (
        "none", "Nothing speaks against the groups being patients."
    )  # fmt: skip


def test_each_source_is_judged_by_itself(make_table: MakeTable) -> None:
    table = make_table(20, source=["a"] * 10 + ["b"] * 10, group=[f"g{n // 5}" for n in range(20)])
    concern = groups_concern(table, alike=np.arange(20), patients={"b": 1})
    assert concern.level == "more"
    assert concern.sentence.startswith("b: 2 groups")
    assert concern.numbers["sources"]["a"]["groups"] == 2
