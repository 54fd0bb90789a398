"""Parallel downloads: one failure stops nothing, many stop the rest, progress in bytes."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path

import pytest

from hilum.catalogue.collections import known_collections
from hilum.errors import FetchError
from hilum.fetch import FetchOptions, fetch_collection
from hilum.progress import Progress

REPOSITORY = "ReiCHU31/CT-pneumonia-dataset"
COMMIT = known_collections()["ct-pneumonia"].parts[0].commit
TREE = f"/repos/{REPOSITORY}/git/trees/{COMMIT}?recursive=1"


SLICES = {
    f"Pneumonia - PTS/0001-0200/{n:04d}.png": random.Random(n).randbytes(1000 + n)
    for n in range(30)
}


REPO_FILES = {**SLICES, "[Pneumonia] Metadata.xlsx": b"workbook", "README.md": b"# read"}


def blob_sha(content: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def tree_of(files: dict[str, bytes], **more: object) -> bytes:
    entries = [
        {"path": path, "type": "blob", "size": len(content), "sha": blob_sha(content)}
        for path, content in files.items()
    ]
    folders = [{"path": "Pneumonia - PTS", "type": "tree", "sha": "0" * 40}]
    return json.dumps(
        {"sha": "1" * 40, "tree": folders + entries, "truncated": False, **more}
    ).encode()


def raw(path: str) -> str:
    return f"/{REPOSITORY}/{COMMIT}/{path}"


@pytest.fixture
def repository(site):
    """The repository of ct-pneumonia, much smaller."""
    site.serve(TREE, tree_of({**REPO_FILES, ".DS_Store": b"apple"}))
    for path, content in REPO_FILES.items():
        site.serve(raw(path), content)
    return site


@pytest.fixture
def fetch(site, patience, tmp_path):
    """Fetch from the site into one folder."""

    def do(name="ct-pneumonia", out=tmp_path / "data", **more):
        options = FetchOptions(server=site.url, patience=patience, side_by_side=4, **more)
        return fetch_collection(name, out=out, accept_terms=True, options=options)

    return do


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name not in ("SOURCE.md", "CHECKSUMS.sha256", ".fetch.lock")
    }


def test_one_file_that_is_gone_does_not_stop_the_others(repository, fetch, tmp_path):
    names = list(SLICES)
    gone = repository.pages.pop(raw(names[0]))
    with pytest.raises(FetchError, match=r"is not there .* \(31 of 32 files are there\.\)"):
        fetch()
    assert len(files_below(tmp_path / "data")) == 31
    assert "Not everything is here yet" in (tmp_path / "data" / "SOURCE.md").read_text()
    repository.pages[raw(names[0])] = gone
    assert fetch().brought == 1
    assert "Everything is here" in (tmp_path / "data" / "SOURCE.md").read_text()


def test_after_five_failures_the_rest_is_left(repository, fetch):
    for name in SLICES:
        del repository.pages[raw(name)]
    with pytest.raises(FetchError, match=r"4 more failed and \d+ were not tried any more"):
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
