"""One process at an output."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hilum.errors import UsageError
from hilum.storage.lock import exclusive_output

HOLD = """
import sys
from pathlib import Path
from hilum.storage.lock import exclusive_output
with exclusive_output(Path(sys.argv[1]), "hilum train"):
    print("held", flush=True)
    sys.stdin.readline()
"""

posix = pytest.mark.skipif(sys.platform == "win32", reason="locks of POSIX")


@posix
def test_a_second_process_is_refused_in_one_sentence_until_the_first_ends(tmp_path: Path) -> None:
    out = tmp_path / "run"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(out)], text=True, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:  # fmt: skip
        assert holder.stdout is not None and holder.stdin is not None
        assert holder.stdout.readline() == "held\n"
        with (
            pytest.raises(UsageError) as refusal,
            exclusive_output(out, "hilum train"),
        ):
            pass
        assert str(refusal.value) == (
            f"another hilum train is writing {out}; wait for it, or choose another name."
        )
        holder.stdin.write("\n")
        holder.stdin.flush()
        holder.wait(timeout=30)
    with exclusive_output(out, "hilum train"):
        assert [path.name for path in tmp_path.iterdir()] == [".run.lock"]
    assert list(tmp_path.iterdir()) == []


@posix
def test_the_lock_of_a_killed_process_does_not_stay(tmp_path: Path) -> None:
    out = tmp_path / "run"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(out)], text=True, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:  # fmt: skip
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        holder.kill()
    with exclusive_output(out, "hilum train"):
        pass
    assert list(tmp_path.iterdir()) == []


def test_other_processes_of_a_launch_do_not_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with exclusive_output(tmp_path / "run", "hilum train"):
        assert list(tmp_path.iterdir()) == []


def test_where_no_lock_can_be_made_the_work_goes_on(tmp_path: Path) -> None:
    with exclusive_output(tmp_path / "gone" / "run", "hilum train"):
        pass
    assert list(tmp_path.iterdir()) == []
