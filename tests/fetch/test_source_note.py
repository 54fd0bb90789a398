"""SOURCE.md: what it holds, and which folders are left alone."""

from __future__ import annotations

import hashlib
import json
import random

import pytest

from hilum.catalogue.collections import known_collections
from hilum.errors import UsageError
from hilum.fetch import FetchOptions, fetch_collection

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


def test_a_folder_with_other_things_in_it_is_left_alone(repository, fetch, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"holds other things \(it has no SOURCE.md of ct-pneum"):
        fetch()
    with pytest.raises(UsageError, match="is a file, and a folder is to stand there"):
        fetch(out=tmp_path / "data" / "thesis.txt")
    fetch(out=tmp_path / "other")
    with pytest.raises(UsageError, match=r"it has no SOURCE.md of msd-lung"):
        fetch("msd-lung", out=tmp_path / "other")
