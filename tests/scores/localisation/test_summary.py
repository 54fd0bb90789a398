"""Means over slices and groups, differences from controls, and their intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from hilum.scores.localisation import MEASURED, metric_column, subsets, summarise


def measured(
    hits: list[float], groups: list[str], prior: list[float] | None = None
) -> pd.DataFrame:
    """Rows of which every figure of the network is `hits`, and of the centre prior `prior`."""
    columns = dict.fromkeys(MEASURED, hits)
    if prior is not None:
        columns |= {metric_column(figure, "centre_prior"): prior for figure in MEASURED}
    return pd.DataFrame({"group": groups, "label": "cancer", **columns})


def test_per_slice_every_slice_counts_and_per_group_every_group() -> None:
    content = summarise(measured([1, 1, 1, 0], ["a", "a", "a", "b"]))
    assert (content["n"], content["groups"]) == (4, 2)
    assert content["per_slice"]["figures"]["network"]["pointing"]["value"] == 0.75
    assert content["per_group"]["figures"]["network"]["pointing"]["value"] == 0.5


def test_a_difference_of_the_same_numbers_is_none_and_its_interval_is_wide() -> None:
    hits = [1.0, 0.0, 0.3, 1.0]
    content = summarise(measured(hits, list("abcd"), prior=hits))
    minus = content["per_slice"]["network_minus"]["centre_prior"]["energy"]
    assert (minus["value"], minus["method"], minus["groups"]) == (0.0, "exact", 0)
    assert minus["low"] < 0 < minus["high"]


def test_a_difference_is_paired() -> None:
    rng = np.random.default_rng(0)
    prior = rng.uniform(0, 0.8, 40)
    rows = measured(list(prior + 0.1), [f"g{n}" for n in range(40)], prior=list(prior))
    content = summarise(rows)["per_slice"]
    own = content["figures"]["network"]["energy"]
    minus = content["network_minus"]["centre_prior"]["energy"]
    assert own["high"] - own["low"] > 0.1  # slices differ much
    assert minus["value"] == pytest.approx(0.1)
    assert minus["low"] > 0.0  # but the network is better on each
    assert minus["groups"] == 40


def test_the_interval_is_over_groups_and_not_over_slices() -> None:
    hits = [1.0] * 50 + [0.0] * 50
    few = summarise(measured(hits, [f"g{n // 25}" for n in range(100)]))
    many = summarise(measured(hits, [f"g{n}" for n in range(100)]))
    width = [
        content["per_slice"]["figures"]["network"]["pointing"]["high"]
        - content["per_slice"]["figures"]["network"]["pointing"]["low"]
        for content in (few, many)
    ]
    assert width[0] > 3 * width[1]


def test_what_chance_does_not_tell_is_not_defined() -> None:
    rows = measured([1.0, 0.0], ["a", "b"])
    for figure in MEASURED:
        rows[metric_column(figure, "chance")] = np.nan if figure == "iou" else 0.1
    content = summarise(rows)["per_slice"]
    assert content["figures"]["chance"]["iou"]["value"] is None
    assert content["network_minus"]["chance"]["iou"]["value"] is None
    assert content["network_minus"]["chance"]["energy"]["value"] == pytest.approx(0.4)


def test_without_rows_there_are_counts_alone() -> None:
    assert summarise(measured([], [])) == {"n": 0, "groups": 0}


def test_slices_are_looked_at_by_size_and_by_whether_the_call_was_right() -> None:
    rows = measured([1, 1, 0, 0], list("abcd")).assign(
        size=["small", "large", "small", "small"],
        predicted=["cancer", "pneumonia", "cancer", "cancer"],
    )
    found = {name: len(part) for name, part in subsets(rows).items()}
    assert found == {"all": 4, "small": 3, "medium": 0, "large": 1, "right": 3, "wrong": 1}
