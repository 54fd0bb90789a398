"""Curves of a comparison: one figure for each run that has a history."""

from __future__ import annotations
import re
from pathlib import Path
from typing import Any
import pandas as pd
import pytest
from hilum.report.compare.figures import _spread
from hilum.report.compare.page import comparison_drawings, render_comparison
from hilum.report.compare.tables import (
    difference_rows,
    table_markdown,
    table_rows,
)


def test_curves_are_drawn_of_runs_that_have_a_history(compared: dict[str, Any]) -> None:
    found = comparison_drawings(compared)
    assert [name for name in found if name.startswith("curves")] == ["curves_1"]
    page = render_comparison(compared)
    assert "Without a training history of their own: VGG19, random weights." in page
