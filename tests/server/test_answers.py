"""The answers' own description: what a client may rely on."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from hilum.server.answers import Health, Pixels, Prediction


def test_every_prediction_says_research_use_only() -> None:
    described = Prediction.model_json_schema()["properties"]["notice"]
    assert described["const"] == "research use only"


def test_pixels_are_hounsfield_units_or_grey_levels() -> None:
    content = {"rows": 1, "columns": 1, "spacing": None, "data": "AA=="}
    assert Pixels(unit="grey", **content).unit == "grey"  # type: ignore[arg-type]
    with pytest.raises(ValidationError):
        Pixels(unit="furlong", **content)  # type: ignore[arg-type]
    assert Health(hilum="1", workers=2, waiting=0).status == "ok"
