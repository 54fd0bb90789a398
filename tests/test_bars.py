"""Progress in Python: bars by name, and a logger that is off unless a program turns it on."""

from __future__ import annotations

import logging
import subprocess
import sys
from pathlib import Path

import pytest

import hilum
from hilum.bars import ProgressBars, with_bar
from hilum.errors import UsageError
from hilum.progress import SILENT, Progress, TimeLeft


def work(count: int, *, progress: Progress = SILENT) -> int:
    """Report a task and a sentence."""
    progress.say("Design: crossed.")
    for done in range(1, count + 1):
        progress.advance("working", done, count)
    return count


def test_a_bar_is_shown_on_stderr_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert with_bar(work)(3, progress="bar") == 3
    shown = capsys.readouterr()
    assert "Design: crossed." in shown.err
    assert shown.out == ""


def test_a_receiver_of_ones_own_is_taken_as_it_is() -> None:
    class Mine:
        sentences: tuple[str, ...] = ()

        def advance(self, task: str, done: int, total: int) -> None: ...

        def say(self, sentence: str) -> None:
            self.sentences = (*self.sentences, sentence)

    mine = Mine()
    with_bar(work)(1, progress=mine)
    assert mine.sentences == ("Design: crossed.",)


def test_another_name_is_refused() -> None:
    with pytest.raises(UsageError, match=r"must be .bar. or an object .* got 'bars'"):
        with_bar(work)(1, progress="bars")


def test_a_function_that_reports_nothing_stays_itself() -> None:
    assert with_bar(len) is len


def test_without_a_receiver_sentences_go_to_the_logger(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="hilum"):
        work(2)
    assert [(r.levelname, r.getMessage()) for r in caplog.records] == [
        ("INFO", "Design: crossed."),
        ("DEBUG", "working: 2 of 2"),
    ]


def test_nothing_is_shown_unless_a_program_turns_logging_on() -> None:
    code = "from hilum.progress import SILENT; SILENT.say('quiet'); SILENT.advance('t', 1, 1)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")


def test_public_functions_take_a_bar(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = hilum.BuildOptions(phantom=hilum.PhantomSettings(patients=6, size=64))
    built = hilum.build_table([("phantom", tmp_path)], out=tmp_path / "t.csv", options=options)
    found = hilum.find_duplicates([built.table], progress="bar")
    assert found is not None
    with pytest.raises(hilum.HilumError, match="progress must be"):
        hilum.find_duplicates([built.table], progress="log")


def test_the_time_left_of_all_work_stands_next_to_the_task_that_reports_it() -> None:
    from rich.progress import Progress as Bars

    with Bars(disable=True) as shown:
        bars = ProgressBars(shown)
        bars.time_left(TimeLeft(720, True, 0.0))
        bars.advance("epoch 1 of 9", 1, 40)
        assert shown.tasks[0].fields["left"] == "at most 12 min left in all"
        bars.advance("epoch 1 of 9", 2, 40)  # without a new one it is not repeated
        assert shown.tasks[0].fields["left"] == ""
