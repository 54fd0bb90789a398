"""Whole collections from a server on loopback: fetched, gone on with, mended, noted down."""

from __future__ import annotations

import hashlib
import io
import os
import random
import signal
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest
from github_site import COMMIT, REPO_FILES, SLICES, TREE, files_below, raw, tree_of
from waiting import wait_until

from hilum.catalogue.collections import known_collections
from hilum.errors import FetchError, StorageError, UsageError
from hilum.fetch import FetchOptions, collection, fetch_collection, plan_fetch
from hilum.fetch.collection import SPARE
from hilum.fetch.idc import choose_series, read_list


def tar_of(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def zip_of(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def test_a_repository_comes_whole_with_its_terms_and_checksums(repository, fetch, tmp_path):
    done = fetch()
    folder = tmp_path / "data"
    assert files_below(folder) == REPO_FILES
    assert (done.files, done.brought, done.unproven) == (32, 32, 0)
    assert done.size == sum(map(len, REPO_FILES.values()))
    assert done.build_from == folder
    note = (folder / "SOURCE.md").read_text()
    assert "| terms | research use |" in note
    assert f"commit {COMMIT}" in note
    assert "Everything is here, and every file was checked." in note
    assert "32 files match the checksum" in note
    lines = (folder / "CHECKSUMS.sha256").read_text().splitlines()
    assert lines == sorted(lines, key=lambda line: line[66:])
    assert {line[66:]: line[:64] for line in lines} == {
        path: hashlib.sha256(content).hexdigest() for path, content in REPO_FILES.items()
    }
    assert raw("[Pneumonia] Metadata.xlsx") in {one.path for one in repository.requests}


@pytest.mark.skipif(not Path("/usr/bin/sha256sum").exists(), reason="needs sha256sum")
def test_the_ledger_is_what_sha256sum_reads(site, fetch, tmp_path, monkeypatch):
    serve_decathlon(site, monkeypatch)
    fetch("msd-lung")
    checked = subprocess.run(
        ["/usr/bin/sha256sum", "--check", "--strict", "CHECKSUMS.sha256"],
        cwd=tmp_path / "data", capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.count(": OK") == 3


def test_again_nothing_is_brought_and_nothing_is_written(repository, fetch, tmp_path):
    fetch()
    before = {p: p.stat().st_mtime_ns for p in (tmp_path / "data").rglob("*.png")}
    note = (tmp_path / "data" / "SOURCE.md").read_text()
    repository.requests.clear()
    done = fetch()
    assert (done.files, done.brought) == (32, 0)
    assert [one.path for one in repository.requests] == [TREE]
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "data").rglob("*.png")} == before
    assert (tmp_path / "data" / "SOURCE.md").read_text() == note


def test_what_lacks_or_differs_is_mended_and_only_that(repository, fetch, tmp_path):
    fetch()
    names = list(SLICES)
    folder = tmp_path / "data"
    (folder / names[3]).unlink()
    (folder / names[4]).write_bytes(b"short")
    (folder / names[5]).write_bytes(bytes(len(SLICES[names[5]])))
    repository.requests.clear()
    assert fetch().brought == 3
    assert files_below(folder) == REPO_FILES
    assert {one.path for one in repository.requests} == {TREE, *(raw(n) for n in names[3:6])}


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        (b"<html>log in</html>", "returned no list of files"),
        (b"[]", "returned no list of files"),
        (b'{"tree": [{"type": "blob", "path": "x"}]}', "returned no list of files"),
        (tree_of(REPO_FILES, truncated=True), r"lists only a part of the files \(32\)"),
        (tree_of({}), r"lists only a part of the files \(0\)"),
        (tree_of({"../outside": b""}), r"'../outside', which is no path below a folder"),
    ],
)
def test_a_list_that_is_none_is_refused(site, fetch, tmp_path, tree, words):
    site.serve(TREE, tree)
    with pytest.raises(FetchError, match=words):
        fetch()
    assert files_below(tmp_path / "data") == {}


def test_a_file_in_the_tree_that_comes_otherwise_is_not_kept(repository, fetch, tmp_path):
    name = list(SLICES)[7]
    repository.serve(raw(name), bytes(len(SLICES[name])))
    with pytest.raises(FetchError, match=r"arrived twice with git [0-9a-f]{40}, and "):
        fetch()
    assert name not in files_below(tmp_path / "data")


def test_terms_are_accepted_first(site, tmp_path):
    with pytest.raises(UsageError, match=r"the terms of msd-lung are: CC BY-SA 4\.0; nothing is"):
        fetch_collection("msd-lung", out=tmp_path / "data", options=FetchOptions(server=site.url))
    assert not (tmp_path / "data").exists()
    assert site.requests == []


def test_a_second_fetch_into_the_folder_is_refused_while_the_first_is_at_work(fetch, tmp_path):
    from filelock import FileLock

    (tmp_path / "data").mkdir()
    with (
        FileLock(tmp_path / "data" / ".fetch.lock"),
        pytest.raises(UsageError, match="another hilum data fetch is at work in"),
    ):
        fetch()


def test_a_disk_without_room_is_refused_before_anything_is_fetched(repository, fetch, monkeypatch):
    def full(folder: Path, size: int) -> None:
        raise StorageError(f"{size} needed")

    monkeypatch.setattr(collection, "refuse_full_disk", full)
    need = sum(map(len, REPO_FILES.values())) + collection.SPARE
    with pytest.raises(StorageError, match=f"^{need} needed$"):
        fetch()
    assert [one.path for one in repository.requests] == [TREE]


def test_a_plan_asks_for_lists_and_writes_nothing(repository, patience, fetch, tmp_path):
    options = FetchOptions(server=repository.url, patience=patience)
    size = sum(map(len, REPO_FILES.values()))
    plan = plan_fetch("ct-pneumonia", out=tmp_path / "data", options=options)
    assert (plan.files, plan.size, plan.left, plan.disk) == (32, size, size, size + SPARE)
    assert list(tmp_path.iterdir()) == []
    fetch()
    first = next(iter(SLICES))
    (tmp_path / "data" / first).unlink()
    plan = plan_fetch("ct-pneumonia", out=tmp_path / "data", options=options)
    assert plan.left == len(SLICES[first])
    fetch()
    plan = plan_fetch("ct-pneumonia", out=tmp_path / "data", options=options)
    assert (plan.left, plan.disk) == (0, 0)


@pytest.mark.parametrize(
    ("name", "more", "words"),
    [
        ("ct-pneumoni", {}, "unknown collection 'ct-pneumoni'; did you mean 'ct-pneumonia'"),
        ("phantom", {}, "phantom can't be fetched; hilum can fetch ct-pneumonia, "),
        ("msd-lung", {"patients": 3}, "msd-lung is fetched as a whole"),
        ("ct-pneumonia", {"also": ("pet",)}, "ct-pneumonia is fetched as a whole"),
        ("lung-pet-ct-dx", {"patients": 0}, "patients must be at least 1; got 0"),
        ("lung-pet-ct-dx", {"patients": 356}, "356 patients were requested, and the coll"),
        ("lung-pet-ct-dx", {"also": ("mr",)}, "also takes pet and fused; got 'mr'"),
        ("lung-pet-ct-dx", {"seed": -1}, "seed must be at least 0; got -1"),
        ("msd-lung", {"side_by_side": 0}, "side_by_side must be 1 to 32; got 0"),
        ("msd-lung", {"server": "ftp://x"}, "begins with https:// or http://; got 'ftp://x'"),
    ],
)  # fmt: skip
def test_a_wrong_call_is_refused_before_anything_happens(tmp_path, name, more, words):
    with pytest.raises(UsageError, match=words):
        fetch_collection(
            name, out=tmp_path / "data", accept_terms=True, options=FetchOptions(**more)
        )
    assert not (tmp_path / "data").exists()


VOLUMES = {
    "Task06_Lung/imagesTr/lung_001.nii.gz": random.Random(1).randbytes(50_000),
    "Task06_Lung/labelsTr/lung_001.nii.gz": random.Random(2).randbytes(5_000),
    "Task06_Lung/dataset.json": b"{}",
}


def serve_decathlon(site, monkeypatch, *days, files=VOLUMES):
    """Serve the archive of msd-lung, and take its size and MD5 for those published."""
    from dataclasses import replace

    archive = tar_of({**files, "Task06_Lung/imagesTr/._lung_001.nii.gz": b"fork"})
    known = known_collections()["msd-lung"]
    checksum = f"md5:{hashlib.md5(archive).hexdigest()}"
    part = replace(known.parts[0], size=len(archive), checksum=checksum)
    monkeypatch.setitem(known_collections(), "msd-lung", replace(known, parts=(part,)))
    site.serve("/Task06_Lung.tar", archive, *days)
    return archive


def test_an_archive_is_unpacked_and_removed_and_not_fetched_again(
    site, fetch, tmp_path, monkeypatch, day
):
    archive = serve_decathlon(site, monkeypatch, day(cut_at=20_000))
    done = fetch("msd-lung")
    assert files_below(tmp_path / "data") == VOLUMES
    assert (done.files, done.brought, done.unproven) == (3, 1, 0)
    assert done.build_from == tmp_path / "data" / "Task06_Lung"
    assert site.ranges("/Task06_Lung.tar") == ["", "bytes=20000-"]
    digits = hashlib.sha256(archive).hexdigest()
    ledger = (tmp_path / "data" / "CHECKSUMS.sha256").read_text()
    assert ledger.startswith(f"# unpacked from Task06_Lung.tar, sha256 {digits}\n")
    site.requests.clear()
    assert fetch("msd-lung").brought == 0
    assert site.requests == []
    assert (tmp_path / "data" / "CHECKSUMS.sha256").read_text() == ledger


def test_an_archive_whose_files_were_spoilt_is_fetched_again(site, fetch, tmp_path, monkeypatch):
    serve_decathlon(site, monkeypatch)
    fetch("msd-lung")
    (tmp_path / "data" / "Task06_Lung/dataset.json").write_text("[]")
    assert fetch("msd-lung").brought == 1
    assert files_below(tmp_path / "data") == VOLUMES


def test_an_archive_may_be_kept(site, fetch, tmp_path, monkeypatch):
    archive = serve_decathlon(site, monkeypatch)
    done = fetch("msd-lung", keep_archives=True)
    assert files_below(tmp_path / "data") == {**VOLUMES, "Task06_Lung.tar": archive}
    assert (done.files, done.unproven) == (4, 0)
    site.requests.clear()
    assert fetch("msd-lung", keep_archives=True).brought == 0
    assert site.requests == []


def test_the_archive_needs_room_twice(site, patience, tmp_path, monkeypatch):
    archive = serve_decathlon(site, monkeypatch)
    options = FetchOptions(server=site.url, patience=patience)
    plan = plan_fetch("msd-lung", out=tmp_path / "data", options=options)
    assert (plan.files, plan.left, plan.disk) == (1, len(archive), 2 * len(archive) + SPARE)


XML = {"Annotation/A0001/1.2.3.xml": b"<annotation/>", "Annotation/G0002/1.2.4.xml": b"<a/>"}
ARCHIVE = "Lung-PET-CT-Dx-Annotations-XML-Files-rev12222020.zip"
SHEET = "statistics-clinical-20201221.xlsx"
SHEET_CONTENT = b"PK sheet"


def serve_tcia(site, options: FetchOptions, *, lacking=0, page=20) -> dict[str, bytes]:
    """Serve annotations, sheet and the chosen series; return what should come."""
    inside = {f"{ARCHIVE[:-4]}/{path}": content for path, content in XML.items()}
    site.serve(f"/{ARCHIVE}", zip_of(inside))
    site.serve(f"/{SHEET}", SHEET_CONTENT)
    expected = {**XML, SHEET: SHEET_CONTENT}
    for one in choose_series(read_list("lung_pet_ct_dx.csv"), options):
        objects = {
            f"{one.folder}/{n:08x}.dcm": f"DICM {one.series} {n}".encode()
            for n in range(one.images)
        }
        keys = sorted(objects)[lacking:]
        for at in range(0, max(1, len(keys)), page):
            requests = f"/idc-open-data/?list-type=2&prefix={one.folder}/"
            requests += f"&continuation-token=t {at}" if at else ""
            more = at + page < len(keys)
            rows = "".join(
                f"<Contents><Key>{key}</Key><Size>{len(objects[key])}</Size>"
                f"<ETag>&quot;{hashlib.md5(objects[key]).hexdigest()}&quot;</ETag></Contents>"
                for key in keys[at : at + page]
            )
            token = f"<NextContinuationToken>t {at + page}</NextContinuationToken>" if more else ""
            site.serve(
                requests.replace("t ", "t+"),
                f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
                f"<IsTruncated>{str(more).lower()}</IsTruncated>{token}{rows}"
                "</ListBucketResult>".encode(),
            )
        for key in keys:
            site.serve(f"/idc-open-data/{key}", objects[key])
            name = key.rpartition("/")[2]
            expected[f"Lung-PET-CT-Dx/{one.patient}/{one.series}/{name}"] = objects[key]
    return expected


SMALL = {"patients": 1, "seed": 75}
"""A draw whose one patient has few images."""


def test_a_draw_of_patients_comes_with_boxes_and_sheet(site, fetch, tmp_path):
    expected = serve_tcia(site, FetchOptions(**SMALL))
    done = fetch("lung-pet-ct-dx", **SMALL)
    assert files_below(tmp_path / "data") == expected
    assert len({path.split("/")[1] for path in expected if path.startswith("Lung-PET")}) == 1
    assert done.selection.startswith("1 of 355 patients drawn with seed 75: ")
    assert done.unproven == len(XML) + 1
    assert any("continuation-token" in one.path for one in site.requests)
    assert not any("/PT" in path for path in expected)
    note = (tmp_path / "data" / "SOURCE.md").read_text()
    assert "drawn with seed 75" in note
    assert "Lung_Dx-" not in note
    site.requests.clear()
    assert fetch("lung-pet-ct-dx", **SMALL).brought == 0
    assert all("list-type" in one.path for one in site.requests)


def test_more_patients_of_a_seed_add_to_the_fewer(site, fetch, tmp_path):
    more = {**SMALL, "patients": 2}
    expected = serve_tcia(site, FetchOptions(**more))
    first = fetch("lung-pet-ct-dx", **SMALL)
    second = fetch("lung-pet-ct-dx", **more)
    assert files_below(tmp_path / "data") == expected
    assert 0 < second.brought == second.files - first.files
    assert second.notes == ()
    fewer = fetch("lung-pet-ct-dx", **SMALL)
    assert fewer.files == second.files
    assert fewer.notes[0].startswith(f"{second.brought} files of an earlier selection lie there")


def test_a_series_that_lacks_images_is_refused(site, fetch):
    serve_tcia(site, FetchOptions(**SMALL), lacking=1)
    with pytest.raises(FetchError, match=r"/idc-open-data lists \d+ of the \d+ images of a series"):
        fetch("lung-pet-ct-dx", **SMALL)


@pytest.mark.parametrize("page", [b"<html>", b"<html/>", b"{}"])
def test_a_bucket_that_gives_no_list_is_refused(site, fetch, page):
    serve_tcia(site, FetchOptions(**SMALL))
    for path in site.pages:
        if "list-type" in path:
            site.serve(path, page)
    with pytest.raises(FetchError, match="returned no S3 list of objects"):
        fetch("lung-pet-ct-dx", **SMALL)


def test_an_object_that_came_wrong_is_noticed_by_its_etag(site, fetch):
    serve_tcia(site, FetchOptions(**SMALL))
    path = next(path for path in site.pages if path.endswith("/00000003.dcm"))
    site.serve(path, b"X" * len(site.pages[path].content))
    with pytest.raises(FetchError, match="arrived twice with md5"):
        fetch("lung-pet-ct-dx", **SMALL)


def test_a_page_instead_of_the_sheet_is_not_taken_for_it(site, fetch, tmp_path):
    expected = serve_tcia(site, FetchOptions(**SMALL))
    site.serve(f"/{SHEET}", b"<html>Please log in")
    with pytest.raises(FetchError, match=r"xlsx returned another kind of file, maybe"):
        fetch("lung-pet-ct-dx", **SMALL)
    assert SHEET not in files_below(tmp_path / "data")
    site.serve(f"/{SHEET}", SHEET_CONTENT)
    fetch("lung-pet-ct-dx", **SMALL)
    assert files_below(tmp_path / "data") == expected


def test_an_archive_fetched_by_hand_is_taken(site, fetch, tmp_path):
    expected = serve_tcia(site, FetchOptions(**SMALL))
    by_hand = site.pages.pop(f"/{ARCHIVE}").content
    with pytest.raises(FetchError, match=f"{ARCHIVE} does not exist"):
        fetch("lung-pet-ct-dx", **SMALL)
    (tmp_path / "data" / ARCHIVE).write_bytes(by_hand)
    assert fetch("lung-pet-ct-dx", **SMALL).brought == 0
    assert files_below(tmp_path / "data") == expected


COMMAND = [sys.executable, "-m", "hilum", "data", "fetch", "ct-pneumonia", "--yes"]


def start(site, out: Path) -> subprocess.Popen[str]:
    """Start a fetch that hears Ctrl-C, even where these tests were started in the background."""
    command = [*COMMAND, "--out", str(out), "--from", site.url, "--side-by-side", "2"]
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return _start(command)
    finally:
        signal.signal(signal.SIGINT, before)


def _start(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ
    )


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_process_that_is_killed_or_interrupted_goes_on_where_it_stopped(
    site, fetch, tmp_path, how
):
    large = random.Random(9).randbytes(4_000_000)
    files = {**REPO_FILES, "large.bin": large}
    site.serve(TREE, tree_of(files))
    for path, content in files.items():
        site.serve(raw(path), content)
    part = tmp_path / "data" / "large.bin.part"
    site.pause = 0.02
    process = start(site, tmp_path / "data")
    try:
        wait_until(lambda: part.is_file() and part.stat().st_size > 200_000, 20)
        process.send_signal(how)
        _, reports = process.communicate(timeout=15)
    finally:
        process.kill()
    assert process.returncode == (-signal.SIGKILL if how == signal.SIGKILL else 130)
    if how == signal.SIGINT:
        assert reports.endswith("hilum: stopped.\n")
    there = part.stat().st_size
    assert 200_000 < there < len(large)
    site.pause = 0.0
    site.requests.clear()
    fetch()
    assert files_below(tmp_path / "data") == files
    assert site.ranges(raw("large.bin")) == [f"bytes={there}-"]


def test_an_address_is_quoted_where_it_must_be(repository, fetch):
    fetch()
    assert quote("[Pneumonia] Metadata.xlsx") == "%5BPneumonia%5D%20Metadata.xlsx"
    assert any(one.path.endswith("/[Pneumonia] Metadata.xlsx") for one in repository.requests)
