"""Explain: the class that maps are for, and refusals that leave older maps."""

from __future__ import annotations

import pytest

from hilum.cam_maps import read_index
from hilum.errors import RunError, UsageError
from hilum.run import Run
from hilum.steps.explain import explain


def test_maps_are_for_the_positive_class_unless_another_is_asked_for(run: Run) -> None:
    for target, expected in (("", {"cancer"}), ("pneumonia", {"pneumonia"})):
        explain(run, **({"target": target} if target else {}))
        assert set(read_index(run.maps)["target"]) == expected


@pytest.mark.parametrize(
    ("how", "error", "sentence"),
    [
        (
            {"target": "scar"},
            UsageError,
            "target must be one of positive, predicted, cancer, pneumonia; got 'scar'.",
        ),
        (
            {"split": "holdout"},
            UsageError,
            "split must be one of train, validation, test; got 'holdout'.",
        ),
        (
            {"layer": "layer5"},
            RunError,
            "the backbone has no layer 'layer5'; `hilum info RUN --layers` lists them. Did you "
            "mean 'layer4'?",
        ),
        (
            {"layer": "frozen"},
            RunError,
            "the network has no frozen convolution that gives a map; choose another layer (`hilum "
            "info RUN --layers` lists them).",
        ),
        (
            {"method": "guided"},
            UsageError,
            "method must be one of gradcam, hirescam, gradcam++, layercam, xgradcam, eigencam; got "
            "'guided'.",
        ),
    ],
)
def test_what_is_not_there_is_refused_and_older_maps_are_left(
    run: Run, how: dict[str, str], error: type[Exception], sentence: str
) -> None:
    explain(run)
    with pytest.raises(error) as caught:
        explain(run, **how)  # type: ignore[arg-type]
    assert str(caught.value) == sentence
    assert len(read_index(run.maps)) > 0
