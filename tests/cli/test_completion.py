"""Completion of commands and options in the shell."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HILUM = str(Path(sys.executable).with_name("hilum"))


def _hilum(*words: str, **variables: str) -> str:
    done = subprocess.run(
        [HILUM, *words], env={**os.environ, **variables}, capture_output=True, text=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    return done.stdout


def _completed(typed: str) -> list[str]:
    """Return what bash would offer for the last word of a command line."""
    last = str(len(typed.split(" ")) - 1)
    return _hilum(_HILUM_COMPLETE="complete_bash", COMP_WORDS=typed, COMP_CWORD=last).split()


def test_commands_are_completed() -> None:
    assert _completed("hilum tr") == ["train"]


def test_commands_of_data_are_completed() -> None:
    assert _completed("hilum data d") == ["describe", "duplicates"]


def test_options_are_completed() -> None:
    assert _completed("hilum train --re") == ["--recipe", "--report", "--resume"]


def test_completion_is_installed_for_bash_in_the_home_folder(tmp_path: Path) -> None:
    content = _hilum("--install-completion", "bash", HOME=str(tmp_path))
    script = tmp_path / ".bash_completions" / "hilum.sh"
    assert "complete -o default -F _hilum_completion hilum" in script.read_text("utf-8")
    assert str(script) in (tmp_path / ".bashrc").read_text("utf-8")
    assert "Completion will take effect" in content
