"""Options of a prediction: one object, or keywords as in earlier versions."""

from __future__ import annotations

import pytest

from hilum.errors import UsageError
from hilum.readers import Window
from hilum.steps.predict import predict
from hilum.steps.predict.options import PredictOptions, chosen_options


def test_keywords_and_one_object_mean_the_same() -> None:
    window = Window(350, 40)
    by_keyword = chosen_options(None, window=window, threshold="youden", engine="torch")
    assert by_keyword == PredictOptions(window, "youden", "torch")
    assert chosen_options(by_keyword, window=None, threshold=None, engine=None) is by_keyword
    assert chosen_options(None, window=None, threshold=0.0, engine=None) == PredictOptions(
        threshold=0.0
    )


def test_both_ways_at_once_are_refused_before_the_run_is_opened() -> None:
    with pytest.raises(UsageError, match=r"or window, threshold as keywords; got both\.$"):
        next(
            predict(
                "no-run", "a.png", options=PredictOptions(), window=Window(350, 40), threshold=0.5
            )
        )
