"""The content of localisation.json: main region, thresholds, missed maps, notes."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from hilum.cam_maps import MapsFacts
from hilum.scores.localisation import CONTROLS, MEASURED, NETWORK, metric_column
from hilum.steps.localise.summary import ChosenThresholds, localisation_content

CHOSEN = ChosenThresholds({("boxes", NETWORK): 39, ("mask", NETWORK): 24}, slices=8, groups=4)


def rows_of(count: int = 40, **changes: Any) -> pd.DataFrame:
    """Rows of as many slices of own groups; every map finds every lesion."""
    measured = {metric_column(m, of): 1.0 for m in MEASURED for of in (NETWORK, *CONTROLS)}
    columns = {
        "slice_id": [f"s{n}" for n in range(count)], "group": [f"g{n}" for n in range(count)],
        "label": "cancer", "predicted": "cancer", "target": "cancer", "state": "ok",
        "region": "boxes", "size": "small", **measured,
    }  # fmt: skip
    return pd.DataFrame({**columns, **changes}, index=range(count))


def content_of(
    rows: pd.DataFrame, *, split: str = "test", chosen: ChosenThresholds = CHOSEN
) -> Any:
    facts = MapsFacts(
        "gradcam", "Grad-CAM", "last", "", ("conv",), "cancer", "logits", split, "run", "float32",
        (0.0, 0.0), False, "0.1.0",
    )  # fmt: skip
    return localisation_content(rows, chosen, facts)


def test_the_region_of_most_slices_leads_and_each_has_its_subsets() -> None:
    rows = pd.concat([rows_of(40), rows_of(6, region="mask")])
    content = content_of(rows)
    assert content["region"] == "boxes"
    assert list(content["regions"]) == ["boxes", "mask"]
    counts = {name: part["n"] for name, part in content["regions"]["boxes"].items()}
    assert (counts["all"], counts["right"], counts["wrong"], counts["small"]) == (40, 40, 0, 40)
    assert (content["split"], content["layers"], content["hot"]) == ("test", ["conv"], 0.5)
    assert content["notes"] == []


def test_thresholds_are_shares_of_the_largest_value() -> None:
    assert content_of(rows_of())["thresholds"] == {
        "chosen_on": "validation", "slices": 8, "groups": 4,
        "shares": {"boxes": {NETWORK: 0.4}, "mask": {NETWORK: 0.25}},
    }  # fmt: skip
    none = ChosenThresholds({}, slices=0, groups=0)
    assert content_of(rows_of(), chosen=none)["thresholds"]["chosen_on"] is None


def test_maps_without_a_hot_region_are_counted() -> None:
    hot = [0.0, 0.0, *[0.1] * 38]
    content = content_of(rows_of(hot=hot, state=["zero map", "not finite", *["ok"] * 38]))
    assert content["missed"][NETWORK] == 2 and content["missed"]["edges"] == 0
    assert content["notes"] == [
        "2 of 40 maps are zero everywhere or not finite, and count as misses."
    ]


@pytest.mark.parametrize(
    ("rows", "options", "note"),
    [
        (rows_of(1), {}, "Only 1 group has slices with a lesion: with fewer than 30, bootstrap "
         "intervals come out too narrow."),
        (rows_of(), {"chosen": ChosenThresholds({}, 0, 0)}, "No validation slice has boxes to "
         "choose a threshold on: IoU is taken at 0.5 of each map's largest value."),
        (rows_of(), {"split": "validation"},
         "The thresholds of IoU were chosen on these very slices, so it is optimistic."),
        (rows_of(), {"split": "train"},
         "The network has learnt these slices, and the lesion prior is made of them."),
        (rows_of(label=["pneumonia", *["cancer"] * 39]), {}, "Some maps are for another class "
         "than their slice's, pneumonia: they need not point at its lesion."),
    ],
)  # fmt: skip
def test_each_note_says_what_limits_the_metrics(
    rows: pd.DataFrame, options: dict[str, Any], note: str
) -> None:
    assert content_of(rows, **options)["notes"] == [note]
