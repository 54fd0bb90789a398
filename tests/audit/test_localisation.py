"""Localisation's verdict: above every control by enough groups, or not shown, or below."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from hilum.audit import REQUIRED_CONTROLS, localisation_concern
from hilum.scores.localisation import MEASURED, metric_column, summarise


def features(
    network: list[float], groups: int | None = None, **controls: list[float]
) -> dict[str, Any]:
    """A summary of slices in so many groups: what each map reaches by every figure."""
    columns = dict.fromkeys(MEASURED, network)
    for name in REQUIRED_CONTROLS:
        reached = controls.get(name, [0.0] * len(network))
        columns |= {metric_column(figure, name): reached for figure in MEASURED}
    names = [f"g{n % (groups or len(network))}" for n in range(len(network))]
    return summarise(pd.DataFrame({"group": names, "label": "cancer", **columns}))


def test_above_every_control() -> None:
    concern = localisation_concern(features([1.0] * 36 + [0.0] * 4, edges=[0.0] * 38 + [1.0] * 2))
    assert concern.level == "above"
    assert concern.sentence == (
        "The maps find the lesions better than every control. Their highest point lies in a lesion "
        "on 90 % [80, 98] of 40 slices of 40 groups, that of an edge filter on 5 % [0, 12]; the "
        "difference is +85 points [+70, +98]."
    )
    assert concern.numbers["beaten"]["energy"] == list(REQUIRED_CONTROLS)


def test_one_control_that_is_as_good_is_enough() -> None:
    hits = [1.0] * 20 + [0.0] * 20
    concern = localisation_concern(features(hits, random_network=hits))
    assert concern.level == "not_above"
    assert concern.sentence.startswith(
        "The maps are not shown to find the lesions better than an untrained network of the same "
        "kind. Their highest"
    )
    assert concern.numbers["beaten"]["pointing"] == ["centre_prior", "lesion_prior", "edges"]


def test_of_several_the_first_is_named_and_the_others_counted() -> None:
    concern = localisation_concern(features([0.0] * 40))
    assert concern.level == "not_above"
    assert (
        "than a blob in the middle of the picture, or than 3 other controls. " in concern.sentence
    )


def test_a_control_that_is_better_is_said() -> None:
    concern = localisation_concern(features([0.0] * 40, centre_prior=[1.0] * 30 + [0.0] * 10))
    assert concern.level == "below"
    assert concern.sentence.startswith(
        "The maps find lesions less often than a blob in the middle of the picture. "
    )
    assert "the difference is −75 points" in concern.sentence


@pytest.mark.parametrize(("groups", "level"), [(5, "not_above"), (6, "above")])
def test_five_groups_are_too_few_to_tell_anything(groups: int, level: str) -> None:
    assert localisation_concern(features([0.9] * 60, groups)).level == level


def test_without_lesions_there_is_no_verdict() -> None:
    concern = localisation_concern({"n": 0, "groups": 0})
    assert concern.level == "undefined"
    assert concern.sentence == "No slice has a lesion that maps could be compared with."
