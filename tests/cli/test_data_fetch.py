"""hilum data fetch and hilum data list, as a user types them."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from web_site import Day, Site, site_on_loopback

from hilum.catalogue.collections import known_collections

Hilum = Callable[..., Any]

PART = known_collections()["ct-pneumonia"].parts[0]
TREE = f"/repos/{PART.repository}/git/trees/{PART.commit}?recursive=1"
FILES = {"Pneumonia - PTS/0001-0200/0001.png": b"one" * 700, "[Pneumonia] Metadata.xlsx": b"book"}


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """ct-pneumonia with two files."""
    for name in ("http_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with site_on_loopback() as found:
        entries = []
        for path, content in FILES.items():
            sha = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            entries.append({"path": path, "type": "blob", "size": len(content), "sha": sha})
            found.serve(f"/{PART.repository}/{PART.commit}/{path}", content)
        found.serve(TREE, json.dumps({"tree": entries, "truncated": False}).encode())
        yield found


def test_it_shows_the_terms_fetches_and_says_what_comes_next(
    hilum: Hilum, site: Site, tmp_path: Path
) -> None:
    out = tmp_path / "ctp"
    outcome = hilum("data", "fetch", "ct-pneumonia", "--out", out, "--from", site.url, "--yes")
    assert outcome.code == 0
    assert outcome.err.splitlines()[0].startswith("ct-pneumonia: CT-pneumonia-dataset")
    assert "terms:  research use" in outcome.err
    assert outcome.out.splitlines() == [
        f"{out}: 2 files, 2.1 kB, all checked; 2 were fetched",
        f"Next: hilum data build ct-pneumonia={out} --out slices.csv",
    ]
    again = hilum("data", "fetch", "ct-pneumonia", "--out", out, "--from", site.url, "--yes")
    assert again.out.splitlines()[0] == f"{out}: 2 files, 2.1 kB, all checked; 0 were fetched"


def test_without_terminal_and_without_yes_nothing_is_fetched(
    hilum: Hilum, site: Site, tmp_path: Path
) -> None:
    outcome = hilum("data", "fetch", "ct-pneumonia", "--out", tmp_path / "x", "--from", site.url)
    outcome.refused(2, "the terms of ct-pneumonia are: research use; nothing is fetched before")
    assert not (tmp_path / "x").exists()
    assert site.requests == []


@pytest.mark.skipif(os.name == "nt", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(("answer", "code"), [(b"y\n", 0), (b"n\n", 2), (b"\n", 2)])
def test_on_a_terminal_it_asks(site: Site, tmp_path: Path, answer: bytes, code: int) -> None:
    import pty

    mine, its = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "hilum", "data", "fetch", "ct-pneumonia", "--out",
         str(tmp_path / "x"), "--from", site.url],
        stdin=its, stdout=subprocess.DEVNULL, stderr=its,
    )  # fmt: skip
    os.close(its)
    screen = b""
    while b"Do you accept these terms? [y/N]:" not in screen:
        screen += os.read(mine, 1024)
    assert b"terms:  research use" in screen
    os.write(mine, answer)
    assert process.wait(timeout=30) == code
    os.close(mine)
    assert (tmp_path / "x").exists() == (code == 0)


def test_a_dry_run_says_sizes_and_needs_no_yes(hilum: Hilum, site: Site, tmp_path: Path) -> None:
    outcome = hilum(
        "data", "fetch", "ct-pneumonia", "--out", tmp_path / "x", "--from", site.url, "--dry-run"
    )
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        "ct-pneumonia: 2 files, 2.1 kB; 2.1 kB left to fetch",
        "needs 200 MB of free disk while it runs",
    ]
    assert not (tmp_path / "x").exists()


def test_json_is_for_programs(hilum: Hilum, site: Site, tmp_path: Path) -> None:
    call = ("data", "fetch", "ct-pneumonia", "--out", tmp_path / "x", "--from", site.url, "--json")
    planned = json.loads(hilum(*call, "--dry-run").out)
    assert planned == {
        "planned": True, "collection": "ct-pneumonia", "files": 2, "size": 2104, "left": 2104,
        "disk": 200_002_104, "selection": known_collections()["ct-pneumonia"].holds,
    }  # fmt: skip
    done = json.loads(hilum(*call, "--yes").out)
    assert done == {
        "collection": "ct-pneumonia", "folder": str(tmp_path / "x"), "files": 2, "size": 2104,
        "brought": 2, "unproven": 0, "build_from": str(tmp_path / "x"), "notes": [],
        "selection": known_collections()["ct-pneumonia"].holds,
    }  # fmt: skip


def test_a_refusal_is_one_sentence(hilum: Hilum, site: Site, tmp_path: Path) -> None:
    call = ("data", "fetch", "ct-pneumonia", "--out", tmp_path / "x", "--yes", "--from")
    hilum(*call, "mirror").refused(2, "begins with https:// or http://; got 'mirror'")
    site.serve(TREE, b"", Day(status=404))
    hilum(*call, site.url).refused(1, f"{PART.commit} does not exist (HTTP 404)")
    hilum("data", "fetch", "ct", "--out", tmp_path / "x").refused(2, "unknown collection 'ct'")


def test_without_the_extra_it_says_what_to_install(
    hilum: Hilum, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "urllib3", None)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=0))
    outcome = hilum(
        "data", "fetch", "msd-lung", "--out", tmp_path / "x", "--yes", "--from", "http://x"
    )
    outcome.refused(1, "this needs urllib3, which is not installed: pip install 'hilum[fetch]'.")


def test_the_list_names_every_collection_with_size_and_terms(hilum: Hilum) -> None:
    outcome = hilum("data", "list")
    lines = outcome.out.splitlines()
    at = lines.index(f"msd-lung: {known_collections()['msd-lung'].title}")
    assert "    size:   9.2 GB to fetch, 9.2 GB on disk" in lines[at:]
    assert "    terms:  CC BY-SA 4.0" in lines[at:]
    listed = {one["name"]: one for one in json.loads(hilum("data", "list", "--json").out)}
    assert set(listed) == set(known_collections())
    assert listed["msd-lung"]["bytes_to_fetch"] == 9_163_696_640
    assert (listed["msd-lung"]["fetchable"], listed["folder"]["fetchable"]) == (True, False)
