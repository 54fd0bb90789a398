"""Drawing phantoms: the dials do what they say, and nothing else."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from hilum.errors import UsageError
from hilum.sources import BuildOptions, PhantomSettings, build_table
from hilum.sources.phantom.cohort import member
from hilum.sources.phantom.drawing import Drawn, draw_patient
from hilum.sources.phantom.scanner import SCANNERS

SMALL = PhantomSettings(patients=8, slices_per_patient=1, size=128)


def drawn(settings: PhantomSettings, number: int) -> Drawn:
    return draw_patient(settings, member(settings, number))[0]


def patient_with(settings: PhantomSettings, label: str) -> int:
    return next(n for n in range(100) if member(settings, n).label == label)


def test_a_patient_is_the_same_however_many_are_asked_for() -> None:
    few, many = replace(SMALL, patients=4), replace(SMALL, patients=1000)
    assert member(few, 3) == member(many, 3)
    assert np.array_equal(drawn(few, 3).picture, drawn(many, 3).picture)


def test_another_seed_draws_another_patient() -> None:
    assert not np.array_equal(drawn(SMALL, 0).picture, drawn(replace(SMALL, seed=1), 0).picture)


def test_without_link_every_class_has_every_source_equally() -> None:
    settings = replace(SMALL, patients=80)
    pairs = Counter((who.label, who.scanner) for who in (member(settings, n) for n in range(80)))
    assert pairs == {(label, s): 10 for label in ("cancer", "pneumonia") for s in range(4)}


def test_with_full_link_no_source_serves_two_classes() -> None:
    settings = replace(SMALL, link=1.0)
    served: dict[int, set[str]] = {}
    for number in range(80):
        who = member(settings, number)
        served.setdefault(who.scanner, set()).add(who.label)
    assert all(len(labels) == 1 for labels in served.values())
    assert len(served) == len(SCANNERS)


def test_half_a_link_ties_about_half_of_the_patients() -> None:
    settings = replace(SMALL, link=0.5)
    own = {"cancer": (0, 2), "pneumonia": (1, 3)}
    share = np.mean([(w := member(settings, n)).scanner in own[w.label] for n in range(800)])
    assert share == pytest.approx(0.75, abs=0.05)


@pytest.mark.parametrize("label", ["cancer", "pneumonia"])
def test_a_lesion_changes_the_lungs_and_leaves_the_border_bit_for_bit(label: str) -> None:
    number = patient_with(SMALL, label)
    sick, well = drawn(SMALL, number), drawn(replace(SMALL, lesions=0.0), number)
    change = np.abs(sick.picture.astype(int) - well.picture)
    assert change.max() > 60
    change[8:-8, 8:-8] = 0
    assert change.max() == 0


def test_without_lesions_the_label_leaves_no_trace() -> None:
    settings = replace(SMALL, lesions=0.0)
    who = member(settings, 0)
    other = "pneumonia" if who.label == "cancer" else "cancer"
    one, two = draw_patient(settings, who)[0], draw_patient(settings, who._replace(label=other))[0]
    assert np.array_equal(one.picture, two.picture)


def test_without_lesions_a_tumour_is_unseen_and_its_place_is_known(tmp_path: Path) -> None:
    number = patient_with(SMALL, "cancer")
    seen, unseen = drawn(SMALL, number), drawn(replace(SMALL, lesions=0.0), number)
    assert seen.mask is not None and unseen.mask is not None
    assert np.array_equal(seen.mask, unseen.mask)
    blank = replace(SMALL, lesions=0.0)
    rows = build_table(
        [("phantom", tmp_path)], out=tmp_path / "slices.csv", options=BuildOptions(phantom=blank)
    ).table.rows
    assert (rows.loc[rows["label"] == "cancer", "mask"] != "").all()
    assert set(rows.loc[rows["label"] == "pneumonia", "boxes"]) == {"none"}


def test_a_weaker_dial_gives_less_contrast() -> None:
    number = patient_with(SMALL, "cancer")
    well = drawn(replace(SMALL, lesions=0.0), number).picture.astype(float)
    contrasts = [
        np.abs(drawn(replace(SMALL, lesions=dial), number).picture - well).sum()
        for dial in (0.25, 0.5, 1.0)
    ]
    assert contrasts == sorted(contrasts) and contrasts[0] < 0.6 * contrasts[2]


def test_a_tumour_keeps_its_place_through_the_slices() -> None:
    settings = replace(SMALL, slices_per_patient=3)
    slices = draw_patient(settings, member(settings, patient_with(settings, "cancer")))
    centres = [np.argwhere(one.mask).mean(axis=0) for one in slices if one.mask is not None]
    assert len(centres) == 3
    assert np.ptp(centres, axis=0).max() < 6


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"patients": 0}, "patients must be a whole number from 1 to 10000000; got 0"),
        ({"size": 32}, "size must be a whole number from 64 to 1024; got 32"),
        ({"lesions": 1.5}, "lesions must lie between 0 and 1; got 1.5"),
        ({"link": float("nan")}, "link must lie between 0 and 1; got nan"),
        ({"classes": ("cancer", "covid")}, "classes must be some of cancer, pneumonia, normal"),
        ({"classes": ()}, "each once; got none"),
    ],
)
def test_settings_out_of_range_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        PhantomSettings(**changes)  # type: ignore[arg-type]
