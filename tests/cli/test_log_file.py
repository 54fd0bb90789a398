"""--quiet, --verbose and --log-file, before any command."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

Call = Callable[..., Any]
SMALL = ("--recipe", "phantom", "--weights", "none", "--set", "training.epochs=1", "--set",
         "input.size=32")  # fmt: skip
EPOCH = "epoch 1 of 1: train loss"


def test_quiet_shows_results_alone_and_the_log_file_keeps_progress_and_errors(
    workdir: Path, hilum: Call
) -> None:
    log, table = workdir / "logs" / "x.log", workdir / "slices.csv"
    done = hilum("--quiet", "--log-file", log, "train", table, *SMALL, "--out", workdir / "quiet")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("Next: hilum evaluate ")
    stamp = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d "
    lines = log.read_text(encoding="utf-8").splitlines()
    assert all(re.match(stamp, line) for line in lines)
    assert any(EPOCH in line for line in lines)
    assert any(
        re.search(r"epoch 1 of 1: \d+ of \d+, about \d+ s left in all$", line) for line in lines
    )
    hilum("--log-file", log, "train", table, *SMALL, "--out", workdir / "quiet").refused(
        2, "exists"
    )
    after = log.read_text(encoding="utf-8").splitlines()
    assert after[: len(lines)] == lines
    assert re.match(f"{stamp}error: .* exists already", after[-1])


def test_verbose_lines_carry_the_time(workdir: Path, hilum: Call) -> None:
    done = hilum("-v", "train", workdir / "slices.csv", *SMALL, "--out", workdir / "loud")
    assert done.code == 0, done.err
    assert re.search(rf"^\d\d:\d\d:\d\d {EPOCH}", done.err, re.MULTILINE)
    both = hilum("-q", "-v", "recipes")
    assert both.code == 2 and "--quiet and --verbose exclude each other" in both.err
