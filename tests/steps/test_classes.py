"""The classes of a table against those of a network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from hilum.errors import TableError
from hilum.steps.classes import check_labels


def test_a_slice_of_an_unknown_class_is_named(make_table: Callable[..., Any]) -> None:
    table = make_table(3, label=["cancer", "scar", "cancer"])
    check_labels(table, ["cancer", "scar"])
    with pytest.raises(
        TableError, match=r"row 3, column label: .*\(cancer, pneumonia\); got 'scar"
    ):
        check_labels(table, ["cancer", "pneumonia"])
