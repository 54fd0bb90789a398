"""JSON files: what comes back, and how a damaged one is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from hilum.errors import RunError, WeightsError
from hilum.storage.json_file import read_json, write_json


def test_an_object_comes_back_and_nan_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    write_json({"auc": 0.1 + 0.2, "low": None, "Ä": [1]}, path)
    assert read_json(path) == {"auc": 0.1 + 0.2, "low": None, "Ä": [1]}
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json({"auc": float("nan")}, path)
    assert read_json(path)["low"] is None


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is not JSON (Expecting value: line 1 column 1 (char 0))"),
        (b'{"a": 1', "is not JSON (Expecting ',' delimiter: line 1 column 8 (char 7))"),
        (b"\xff", "is not JSON ('utf-8' codec can't decode byte 0xff in position 0: "
         "invalid start byte)"),
        (b"[1]", "holds no JSON object"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_refused_with_what_to_do(
    tmp_path: Path, content: bytes, problem: str
) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(RunError) as caught:
        read_json(path)
    remedy = "the file is damaged: restore it, or run the command that wrote it again"
    assert str(caught.value) == f"{path} {problem}; {remedy}."
    with pytest.raises(WeightsError) as caught_other:
        read_json(path, error=WeightsError, remedy="copy the folder again")
    assert str(caught_other.value) == f"{path} {problem}; copy the folder again."


def test_a_missing_file_is_the_callers_to_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_json(tmp_path / "none.json")
