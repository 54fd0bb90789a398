"""Parallel downloads: one failure stops nothing, many stop the rest, progress in bytes."""

from __future__ import annotations

import pytest
from github_site import REPO_FILES, SLICES, files_below, raw

from hilum.errors import FetchError
from hilum.progress import Progress


def test_one_file_that_is_gone_does_not_stop_the_others(repository, fetch, tmp_path):
    names = list(SLICES)
    gone = repository.pages.pop(raw(names[0]))
    with pytest.raises(FetchError, match=r"does not exist .* \(31 of 32 files are there\.\)"):
        fetch()
    assert len(files_below(tmp_path / "data")) == 31
    assert "Not everything is here yet" in (tmp_path / "data" / "SOURCE.md").read_text()
    repository.pages[raw(names[0])] = gone
    assert fetch().brought == 1
    assert "Everything is here" in (tmp_path / "data" / "SOURCE.md").read_text()


def test_after_five_failures_the_rest_is_left(repository, fetch):
    for name in SLICES:
        del repository.pages[raw(name)]
    with pytest.raises(FetchError, match=r"4 more failed and \d+ were not attempted"):
        fetch()
    assert len(repository.requests) < 15


def test_progress_is_told_in_bytes_and_ends(repository, fetch):
    reports = []

    class Heard(Progress):
        def advance(self, task: str, done: int, total: int) -> None:
            reports.append((task, done, total))

        def say(self, sentence: str) -> None:
            reports.append((sentence, 0, 0))

    fetch(progress=Heard())
    kilobytes = sum(map(len, REPO_FILES.values())) // 1000
    assert reports[-1] == ("kB fetched", kilobytes, kilobytes)
