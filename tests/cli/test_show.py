"""What commands print: lines in a log, the next command, how to resume, JSON for any screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from hilum.cli import show
from hilum.cli.show import metric_text, next_step, print_json, progress_shown, resume_hint
from hilum.errors import StorageError


def test_the_next_command_can_be_pasted() -> None:
    assert next_step("report", Path("runs/my run")) == "Next: hilum report 'runs/my run'"


def test_a_metric_has_its_interval_or_the_reason_for_none() -> None:
    assert metric_text({"value": 0.5, "low": 0.25, "high": 0.75}) == "0.500 [0.250, 0.750]"
    assert metric_text({"value": None, "note": "one class only"}) == "undefined (one class only)"


def unfinished(folder: Path) -> Path:
    folder.mkdir()
    (folder / "recipe.toml").touch()
    return folder


@pytest.mark.parametrize("error", [KeyboardInterrupt(), StorageError("full.")])
def test_a_stopped_training_says_how_to_resume(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], error: BaseException
) -> None:
    run = unfinished(tmp_path / "a run")
    with pytest.raises(type(error)), resume_hint(run, "--report"):
        raise error
    assert capsys.readouterr().err == f"Resume with: hilum train --resume '{run}' --report\n"


def test_nothing_is_said_of_a_training_that_never_began_or_of_other_errors(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(KeyboardInterrupt), resume_hint(tmp_path / "none"):
        raise KeyboardInterrupt
    with pytest.raises(ValueError, match="bug"), resume_hint(unfinished(tmp_path / "run")):
        raise ValueError("bug")
    assert capsys.readouterr().err == ""


def test_a_log_gets_sentences_at_once_and_progress_now_and_then(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(show.time, "monotonic", lambda: now[0])
    with progress_shown() as progress:
        progress.advance("reading", 1, 9)
        now[0] += 9.9
        progress.advance("reading", 2, 9)
        now[0] += 0.1
        progress.advance("reading", 3, 9)
        progress.say("Done.")
    assert capsys.readouterr().err == "reading: 3 of 9\nDone.\n"


def test_only_the_first_of_several_processes_shows_anything(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with progress_shown() as progress:
        progress.say("Done.")
    assert capsys.readouterr().err == ""


def test_json_is_printed_with_its_letters(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": "Ä", "bytes": "\udce9"})
    assert capsys.readouterr().out.encode() == (
        '{\n "name": "Ä",\n "bytes": "\\udce9"\n}\n'.encode()
    )
