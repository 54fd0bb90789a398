"""The tree of refusals."""

from __future__ import annotations

import inspect

import pytest

from hilum import errors

CLASSES = [getattr(errors, name) for name in errors.__all__]


def test_every_refusal_hangs_on_one_tree_and_is_drawn_there() -> None:
    for refusal in CLASSES:
        assert issubclass(refusal, errors.HilumError)
        assert refusal.__name__ in str(errors.__doc__)
        assert inspect.getdoc(refusal)


def test_the_exit_code_is_2_for_a_wrong_call_and_1_for_all_else() -> None:
    codes = {refusal.__name__: refusal.exit_code for refusal in CLASSES}
    assert codes.pop("UsageError") == 2
    assert set(codes.values()) == {1}


def test_every_refusal_in_the_module_is_public() -> None:
    found = {n for n, c in vars(errors).items() if inspect.isclass(c) and issubclass(c, Exception)}
    assert found == set(errors.__all__)


def test_a_refusal_says_its_sentence() -> None:
    with pytest.raises(errors.HilumError, match=r"^row 3 is empty\.$"):
        raise errors.TableError("row 3 is empty.")
