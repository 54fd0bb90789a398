"""The border probe: what the outermost pixels alone tell."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_info, threadpool_limits

from hilum.audit import PIXELS, border_features, probe_border, probe_concern
from hilum.scores import Labelled, compute_metrics

Grey = npt.NDArray[np.uint8]
NAMES = ["cancer", "pneumonia"]
SIDE = 64


def labels_of(count: int) -> npt.NDArray[np.object_]:
    return np.array([NAMES[n % 2] for n in range(count)], dtype=object)


def noise(count: int, *, seed: int, planted: bool) -> npt.NDArray[np.uint8]:
    """Noisy slices; planted: the border of cancer is a little brighter."""
    grey = np.random.default_rng(seed).integers(0, 200, (count, SIDE, SIDE), dtype=np.uint8)
    if planted:
        grey[::2, :PIXELS] += 20
    return grey


def probe(
    train: Grey, labels: npt.NDArray[np.object_], requested: Grey, names: list[str]
) -> npt.NDArray[np.float64]:
    return probe_border(border_features(train), labels, border_features(requested), names)


def cases(score: npt.NDArray[np.float64], labels: npt.NDArray[np.object_]) -> Labelled:
    both = np.stack([score, 1 - score], axis=1)
    groups = np.array([f"g{n}" for n in range(len(score))], dtype=object)
    called = np.array(NAMES, dtype=object)[both.argmax(axis=1)]
    return Labelled(groups, labels, called, both, NAMES, "cancer")


def probed(*, planted: bool) -> Labelled:
    probabilities = probe(
        noise(200, seed=1, planted=planted),
        labels_of(200),
        noise(160, seed=2, planted=planted),
        NAMES,
    )
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(160))
    return cases(probabilities[:, 0], labels_of(160))


def test_a_planted_border_is_found() -> None:
    assert (compute_metrics(probed(planted=True))["auc"].value or 0) > 0.99


def test_noise_is_chance() -> None:
    figure = compute_metrics(probed(planted=False))["auc"]
    assert figure.low is not None and figure.high is not None
    assert figure.low < 0.5 < figure.high


def test_the_middle_of_a_slice_has_no_say() -> None:
    grey = noise(4, seed=1, planted=False)
    other = grey.copy()
    other[:, PIXELS:-PIXELS, PIXELS:-PIXELS] = 0
    assert (border_features(grey) == border_features(other)).all()
    other[:, 0, 0] ^= 255
    assert (border_features(grey) != border_features(other)).any()


def test_features_by_hand() -> None:
    grey = np.zeros((1, SIDE, SIDE), dtype=np.uint8)
    grey[:, :PIXELS] = 255
    features = border_features(grey)[0]
    bins, means, spreads = features[:16], features[16:80], features[80:]
    # The upper side, and the first 8 of 64 rows of the left and the right one.
    assert bins[15] == pytest.approx((64 + 8 + 8) / 256)
    assert bins[0] == pytest.approx(1 - 80 / 256)
    assert means[:16].tolist() == [255] * 16
    assert means[16:32].tolist() == [0] * 16
    assert means[32:36].tolist() == [255, 255, 0, 0]
    assert spreads.max() == 0


def test_a_side_that_does_not_divide_by_16_is_taken_too() -> None:
    assert (
        border_features(np.full((2, 50, 50), 7, dtype=np.uint8))[:, 16:80].tolist()
        == [[7] * 64] * 2
    )


def test_columns_follow_the_class_names() -> None:
    train, test = noise(100, seed=1, planted=True), noise(10, seed=2, planted=True)
    one = probe(train, labels_of(100), test, NAMES)
    other = probe(train, labels_of(100), test, NAMES[::-1])
    assert (one == other[:, ::-1]).all()


def test_the_probe_runs_in_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """On busy cores several threads wait for each other: minutes for what takes a second."""
    threads: list[int] = []
    fit = HistGradientBoostingClassifier.fit

    def watched(self: object, *given: object) -> object:
        threads.extend(p["num_threads"] for p in threadpool_info() if p["user_api"] == "openmp")
        return fit(self, *given)

    monkeypatch.setattr(HistGradientBoostingClassifier, "fit", watched)
    with threadpool_limits(2, user_api="openmp"):  # the tests run in one thread anyway
        probe(noise(60, seed=1, planted=True), labels_of(60), noise(2, seed=2, planted=True), NAMES)
    assert set(threads) == {1}


def ranked(count: int, share: float) -> npt.NDArray[np.float64]:
    """Scores that rank the positives (even ones) right but for a share of them."""
    score = np.where(np.arange(count) % 2 == 0, 0.9, 0.1)
    wrong = int(count * (1 - share))
    score[:wrong] = 1 - score[:wrong]
    return score + np.linspace(0, 0.01, count)


@pytest.mark.parametrize(
    ("network", "border", "level", "meaning"),
    [
        (0.95, 0.5, "chance", "not significantly better than chance."),
        (
            0.9, 0.9, "explains",
            "the network is not significantly better than that, so its AUC is no evidence that it "
            "sees disease.",
        ),
        (
            1.0, 0.75, "contributes",
            "the border is informative about the class; only the network's lead over it can "
            "reflect disease.",
        ),
    ],
)  # fmt: skip
def test_the_three_meanings(network: float, border: float, level: str, meaning: str) -> None:
    labels = labels_of(200)
    concern = probe_concern(
        {"test": cases(ranked(200, network), labels)}, {"test": cases(ranked(200, border), labels)}
    )
    assert (concern.check, concern.level) == ("border", level)
    auc = concern.numbers["test"]["auc"]
    reach = f"{auc['value']:.3f} [{auc['low']:.3f}, {auc['high']:.3f}]"
    assert concern.sentence == (
        f"Grey levels of the outermost 8 pixels alone reach AUC {reach}: {meaning}"
    )


def test_the_gap_is_paired() -> None:
    """What both get wrong in the same cases doesn't widen the interval of the difference."""
    labels = labels_of(100)
    same = {"test": cases(ranked(100, 0.8), labels)}
    nearly = ranked(100, 0.8)
    nearly[-1] = 0.95
    numbers = probe_concern({"test": cases(nearly, labels)}, same).numbers["test"]
    gap, alone = numbers["network_minus_border"], numbers["auc"]
    assert gap["low"] < gap["value"] < 0 == gap["high"]
    assert gap["high"] - gap["low"] < (alone["high"] - alone["low"]) / 2
    better = {"test": cases(ranked(100, 1.0), labels)}
    numbers = probe_concern(better, same).numbers["test"]
    assert numbers["network_minus_border"]["value"] == pytest.approx(
        1 - numbers["auc"]["value"], abs=1e-6
    )


def test_two_perfect_rankings_may_still_differ_either_way() -> None:
    perfect = {"test": cases(ranked(20, 1.0), labels_of(20))}
    concern = probe_concern(perfect, perfect)
    reach = round(1 - 0.025 ** (1 / 10), 6)
    assert concern.numbers["test"]["network_minus_border"] == {
        "value": 0.0, "low": -reach, "high": reach, "method": "exact",
    }  # fmt: skip
    assert concern.level == "explains"


def test_a_test_set_of_one_class_has_no_border_figure() -> None:
    labels = np.array(["cancer"] * 6, dtype=object)
    one = {"test": cases(np.linspace(0, 1, 6), labels)}
    concern = probe_concern(one, one)
    assert concern.level == "undefined"
    assert concern.sentence == "The border probe has no AUC: only one class is there."
    assert concern.numbers["pixels"] == 8


def test_a_probe_that_found_nothing_to_split_on_is_undefined_and_no_comfort() -> None:
    labels = labels_of(8)
    probabilities = cases(np.full(8, 0.5), labels)
    parts = {"validation": probabilities, "test": probabilities}
    concern = probe_concern(parts, parts)
    assert concern.level == "undefined"
    assert "training slices too few" in concern.sentence


def test_forty_slices_are_enough_to_find_a_planted_border() -> None:
    probabilities = probe(
        noise(40, seed=1, planted=True), labels_of(40), noise(40, seed=2, planted=True), NAMES
    )
    assert (compute_metrics(cases(probabilities[:, 0], labels_of(40)))["auc"].value or 0) > 0.99


def test_the_same_slices_get_the_same_probe_and_others_another() -> None:
    """Training and evaluating ask one probe: a second fit is made for other labels or pixels."""
    features, labels = border_features(noise(60, seed=3, planted=True)), labels_of(60)
    first = probe_border(features, labels, features, NAMES)
    again = probe_border(features.copy(), labels.copy(), features, NAMES)
    assert np.array_equal(first, again)
    swapped = probe_border(features, labels[::-1].copy(), features, NAMES)
    assert np.corrcoef(first[:, 0], swapped[:, 0])[0, 1] < -0.9
    other = border_features(noise(60, seed=4, planted=False))
    assert not np.array_equal(first, probe_border(other, labels, features, NAMES))
