"""Covering lesions: networks that see them, and networks that see anything else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from hilum.progress import SILENT
from hilum.run.network import NetworkFacts
from hilum.scores.bootstrap import Estimate
from hilum.sources import BuildOptions, PhantomSettings, build_table
from hilum.steps.localise.covering import SENTENCES, cover_lesions, level_of
from hilum.table import SliceTable

SIZE = 96
PHANTOMS = PhantomSettings(
    patients=36, slices_per_patient=1, size=SIZE, classes=("cancer", "normal", "pneumonia")
)
FACTS = NetworkFacts(["cancer", "normal", "pneumonia"], "cancer", SIZE)


class Seeing:
    """A network whose logit of cancer is a number of each slice."""

    size = SIZE

    def __init__(self, number: Callable[[Any], float]) -> None:
        self.number = number

    def logits(self, grey: Any) -> Any:
        cancer = np.array([self.number(one) for one in grey], np.float32)
        return np.stack([cancer, np.zeros_like(cancer), np.zeros_like(cancer)], axis=1)


def largest_spot(grey: Any) -> float:
    """Return how bright the brightest spot is."""
    return float(cv2.blur(grey, (7, 7)).max()) / 8


SPOT, EDGE = Seeing(largest_spot), Seeing(lambda grey: float(grey[:8].mean()))


@pytest.fixture(scope="module")
def phantoms(tmp_path_factory: pytest.TempPathFactory) -> SliceTable:
    """Phantoms whose tumours have a white spot in their middle."""
    folder = tmp_path_factory.mktemp("covered")
    options = BuildOptions(phantom=PHANTOMS)
    table = build_table([("phantom", folder)], out=folder / "slices.csv", options=options).table
    for path, mask, label in zip(
        table.paths(), table.rows["mask"], table.rows["label"], strict=True
    ):
        if label == "cancer":
            grey = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
            lesion = cv2.imread(str(folder / mask), cv2.IMREAD_GRAYSCALE)
            assert grey is not None and lesion is not None
            row, column = (int(axis.mean()) for axis in np.nonzero(lesion))
            cv2.imwrite(str(path), cv2.circle(grey, (column, row), 5, 255, thickness=cv2.FILLED))
    return table


def covered(network: Seeing, table: SliceTable, healthy: str = "normal") -> Any:
    members: Any = [network, network]
    return cover_lesions(
        members, table, table, facts=FACTS, healthy=healthy, progress=SILENT
    )  # fmt: skip


def test_the_auc_of_a_network_that_sees_lesions_falls_where_lesions_are_covered(
    phantoms: SliceTable,
) -> None:
    found = covered(SPOT, phantoms)
    assert found["against"] == ["normal"]
    assert found["n"] + found["left_out"] == int((phantoms.rows["label"] == "cancer").sum())
    assert found["n"] == found["groups"] >= 8
    assert found["fall"]["value"] == pytest.approx(
        found["auc"]["value"] - found["auc_covered"]["value"], abs=2e-6
    )
    assert found["level"] == "falls"
    assert found["fall"]["value"] > 0.2
    assert found["beyond_control"]["value"] == pytest.approx(found["fall"]["value"], abs=0.05)
    assert f"{found['n']} of 12 marked slices against normal" in found["sentence"] or (
        found["sentence"].endswith("; 12 slices against normal.")
    )


def test_that_of_a_network_that_sees_the_edge_alone_stays(phantoms: SliceTable) -> None:
    found = covered(EDGE, phantoms)
    assert found["auc_covered"] == found["auc_control"] == found["auc"]
    assert found["fall"]["value"] == 0


def test_a_class_keeps_its_hyphen_and_a_fall_of_less_than_nothing_has_a_minus(
    phantoms: SliceTable,
) -> None:
    rows = phantoms.rows.replace({"label": {"normal": "non-cancer"}})
    found = covered(EDGE, replace(phantoms, rows=rows), healthy="non-cancer")
    assert found["sentence"].endswith(" against non-cancer.")
    assert " (\N{MINUS SIGN}0." in found["sentence"]


def test_without_healthy_slices_all_other_classes_are_ranked_against(phantoms: SliceTable) -> None:
    assert covered(EDGE, phantoms, healthy="")["against"] == ["normal", "pneumonia"]


def test_without_a_marked_lesion_or_another_class_nothing_is_said(phantoms: SliceTable) -> None:
    assert covered(SPOT, replace(phantoms, rows=phantoms.rows.assign(boxes="", mask=""))) is None
    assert covered(SPOT, phantoms.where(phantoms.rows["label"] == "cancer")) is None


def test_lesions_that_nothing_covers_are_counted(phantoms: SliceTable) -> None:
    rows = phantoms.rows.assign(mask="", boxes=f"0 0 {SIZE} {SIZE}")
    found = covered(SPOT, replace(phantoms, rows=rows))
    assert (found["n"], found["left_out"]) == (0, 12)
    assert found["sentence"] == "The lesions of none of 12 marked slices could be covered."


def test_few_groups_give_no_verdict(phantoms: SliceTable) -> None:
    cancer = phantoms.rows[phantoms.rows["label"] == "cancer"].index[:5]
    few = phantoms.rows.index.isin(cancer) | (phantoms.rows["label"] != "cancer")
    assert covered(SPOT, phantoms.where(few))["level"] == "unclear"


def estimate(value: float, low: float, high: float) -> Estimate:
    return Estimate(value, low, high, "bootstrap")


LEFT = estimate(0.7, 0.6, 0.8)
"""An AUC above chance."""


@pytest.mark.parametrize(
    ("changes", "level"),
    [
        ({}, "falls"),
        ({"auc_covered": LEFT}, "partly"),
        ({"beyond_control": estimate(0.1, -0.1, 0.2)}, "unclear"),
        ({"fall": estimate(0.2, -0.1, 0.4)}, "unclear"),
        ({"fall": estimate(0.03, 0.01, 0.06)}, "unclear"),
        ({"fall": estimate(0.01, -0.01, 0.03)}, "unclear"),
        ({"fall": estimate(0.01, -0.01, 0.03), "auc_covered": LEFT}, "stays"),
        ({"fall": estimate(0.0, -0.3, 0.3), "auc_covered": LEFT}, "stays"),
        (
            {
                "fall": estimate(-0.5, -0.6, -0.4),
                "auc_covered": LEFT,
                "auc": estimate(0.2, 0.1, 0.3),
            },
            "unclear",
        ),
    ],
)
def test_the_level_follows_the_intervals(changes: dict[str, Estimate], level: str) -> None:
    found = {
        "auc": estimate(0.8, 0.7, 0.9),
        "auc_covered": estimate(0.6, 0.4, 0.8),
        "fall": estimate(0.2, 0.1, 0.3),
        "beyond_control": estimate(0.2, 0.1, 0.3),
    }
    assert level_of({**found, **changes}) == level
    assert level in SENTENCES
