"""Intervals: whole groups are drawn, and the interval covers what it should."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from hilum.scores import INTERVAL, Estimate, bootstrap_weights, exact_bound, interval_of

Objects = npt.NDArray[np.object_]


def text(values: list[str]) -> Objects:
    return np.array(values, dtype=object)


def drawn(groups: Objects, labels: Objects, resamples: int = 200, seed: int = 0) -> Objects:
    parts = bootstrap_weights(groups, labels, resamples=resamples, seed=seed)
    return np.concatenate(list(parts))


def test_whole_groups_are_drawn() -> None:
    groups = text(["a", "b", "a", "c", "b", "d"])
    weights = drawn(groups, text(["x"] * 6))
    assert weights.shape == (200, 6)
    assert (weights[:, 0] == weights[:, 2]).all()
    assert (weights[:, 1] == weights[:, 4]).all()
    assert (weights[:, [0, 1, 3, 5]].sum(axis=1) == 4).all()
    assert set(np.unique(weights)) >= {0.0, 1.0, 2.0, 3.0}


def test_each_kind_of_group_keeps_its_number() -> None:
    groups = text(["a", "b", "c", "d", "e", "f", "f"])
    labels = text(["x", "x", "x", "y", "y", "x", "y"])
    weights = drawn(groups, labels)
    assert (weights[:, :3].sum(axis=1) == 3).all()
    assert (weights[:, 3:5].sum(axis=1) == 2).all()
    assert (weights[:, 5:] == 1).all()  # the only group that holds both labels


def test_groups_are_drawn_evenly() -> None:
    weights = drawn(text([f"g{n}" for n in range(10)]), text(["x"] * 10), resamples=4000)
    assert weights.mean(axis=0) == pytest.approx(np.ones(10), abs=0.06)
    assert weights.var(axis=0) == pytest.approx(np.full(10, 0.9), abs=0.1)


def test_the_same_seed_draws_the_same_in_blocks_of_any_size(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    groups, labels = text(["a", "b", "c", "d"]), text(["x"] * 4)
    complete = drawn(groups, labels, seed=5)
    monkeypatch.setattr("hilum.scores.bootstrap.CELLS_AT_A_TIME", 40)
    blocks = list(bootstrap_weights(groups, labels, resamples=200, seed=5))
    assert [len(block) for block in blocks] == [10] * 20
    assert (np.concatenate(blocks) == complete).all()
    assert not (drawn(groups, labels, seed=6) == complete).all()


def test_what_metrics_json_says_of_the_intervals() -> None:
    assert INTERVAL == {
        "level": 0.95,
        "unit": "group",
        "resamples": 2000,
        "seed": 0,
        "method": "percentile bootstrap over groups, within each class",
    }


def test_an_interval_is_the_middle_95_percent_of_its_draws() -> None:
    figure = interval_of(0.5, np.arange(1001) / 1000, groups=9)
    assert (figure.value, figure.method) == (0.5, "bootstrap")
    assert [figure.low, figure.high] == pytest.approx([0.025, 0.975])


def test_draws_that_are_not_defined_are_left_out() -> None:
    figure = interval_of(0.5, np.array([np.nan, 0.4, 0.4, 0.6, np.nan]), groups=9)
    assert figure.method == "bootstrap"
    assert (figure.low, figure.high) == (0.4, pytest.approx(0.59))


def test_an_interval_never_has_no_width() -> None:
    """One group a class: every resample is the same, and the bootstrap can't say how sure it is."""
    figure = interval_of(0.92, np.full(9, 0.92), groups=1)
    assert figure.method == "exact"
    assert figure.low == pytest.approx(0.01677, abs=1e-5)
    assert figure.high == pytest.approx(1.0, abs=1e-3)


def test_a_figure_that_is_not_defined_says_why() -> None:
    figure = interval_of(np.nan, np.array([np.nan]), groups=0, undefined="there is no case")
    assert figure.as_json() == {
        "value": None, "low": None, "high": None, "method": "bootstrap", "note": "there is no case",
    }  # fmt: skip


@pytest.mark.parametrize(("groups", "bound"), [(1, 0.025), (2, 0.158114), (10, 0.691503)])
def test_a_perfect_figure_has_the_exact_bound(groups: int, bound: float) -> None:
    """0.025 ** (1 / n); for 10 of 10 the tables of Clopper and Pearson have 0.6915."""
    assert exact_bound(groups) == pytest.approx(bound, abs=1e-6)
    perfect = interval_of(1.0, np.ones(9), groups=groups)
    assert perfect == Estimate(1.0, exact_bound(groups), 1.0, "exact")
    worst = interval_of(0.0, np.zeros(9), groups=groups)
    assert worst == Estimate(0.0, 0.0, pytest.approx(1 - exact_bound(groups)), "exact")


def test_a_perfect_figure_with_worse_draws_needs_no_exact_bound() -> None:
    assert interval_of(1.0, np.array([0.9, 1.0]), groups=5).method == "bootstrap"


def test_numbers_are_rounded_for_json() -> None:
    assert Estimate(1 / 3, 0.1234567, 1.0, "bootstrap").as_json() == {
        "value": 0.333333, "low": 0.123457, "high": 1.0, "method": "bootstrap",
    }  # fmt: skip


def accuracy_interval(right: npt.NDArray[np.bool_], groups: Objects) -> tuple[float, float]:
    weights = drawn(groups, text(["x"] * len(groups)), resamples=200)
    share = (weights @ right.astype(float)) / weights.sum(axis=1)
    figure = interval_of(float(right.mean()), share.astype(float), groups=len(set(groups)))
    assert figure.low is not None and figure.high is not None
    return figure.low, figure.high


def test_intervals_by_group_cover_the_truth_where_those_by_slice_do_not() -> None:
    """40 patients of 10 slices; a patient's slices are right together; the truth is 0.8."""
    rng = np.random.default_rng(0)
    patients = text([f"p{n // 10}" for n in range(400)])
    single = text([f"s{n}" for n in range(400)])
    trials, by_group, by_slice, wider = 80, 0, 0, 0
    for _ in range(trials):
        right = rng.random(400) < np.repeat(rng.beta(0.8, 0.2, 40), 10)
        low, high = accuracy_interval(right, patients)
        slice_low, slice_high = accuracy_interval(right, single)
        by_group += low <= 0.8 <= high
        by_slice += slice_low <= 0.8 <= slice_high
        wider += high - low > slice_high - slice_low
    assert wider == trials
    assert 0.88 <= by_group / trials <= 0.99
    assert by_slice / trials < 0.7


def test_draws_do_not_depend_on_how_many_are_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = np.repeat([f"g{number}" for number in range(7)], 3).astype(object)
    labels = np.repeat(["a", "b", "a", "b", "a", "b", "b"], 3).astype(object)
    complete = np.concatenate(list(bootstrap_weights(groups, labels, resamples=50)))
    monkeypatch.setattr("hilum.scores.bootstrap.CELLS_AT_A_TIME", 8 * len(groups))
    parts = list(bootstrap_weights(groups, labels, resamples=50))
    assert [len(part) for part in parts] == [8, 8, 8, 8, 8, 8, 2]
    assert np.array_equal(np.concatenate(parts), complete)
