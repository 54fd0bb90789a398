"""The nearest of the known names."""

from __future__ import annotations

from hilum.catalogue.collections import fetchable
from hilum.catalogue.suggest import nearest, nearest_name


def test_a_name_that_is_nearly_right_is_recognised() -> None:
    assert nearest("msd-lungs", fetchable()) == " Did you mean 'msd-lung'?"
    assert nearest_name("msd-lungs", fetchable()) == "msd-lung"


def test_a_name_that_is_far_from_all_suggests_none() -> None:
    assert nearest("xyz", fetchable()) == nearest_name("xyz", fetchable()) == ""
    assert nearest("x", []) == ""
