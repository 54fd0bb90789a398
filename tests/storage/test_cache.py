"""The cache: where it lies, how much it takes, and that nothing in use is ever removed."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import platformdirs
import pytest

from hilum.errors import UsageError
from hilum.storage.atomic import new_file
from hilum.storage.cache import (
    DEFAULT_LIMIT,
    cache_entry,
    cache_limit,
    cache_place,
    clear_cache,
    list_entries,
    make_room,
    one_at_a_time,
)

posix = pytest.mark.skipif(sys.platform == "win32", reason="modes and locks of POSIX")


@pytest.fixture
def cache_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of up to 1000 bytes on a disk with room."""
    monkeypatch.setenv("HILUM_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HILUM_CACHE_LIMIT", "1000B")
    monkeypatch.setattr(
        shutil, "disk_usage", lambda _: SimpleNamespace(total=10**12, free=10**12 // 2)
    )
    return tmp_path / "cache"


def keep(key: str, size: int, *, used: float) -> None:
    """Put `size` bytes into the cache as if that had been at the time `used`."""
    with cache_entry("kept-v1", key) as entry:
        assert entry is not None
        with new_file(entry / "data") as draft:
            draft.write_bytes(bytes(size))
    os.utime(entry / "used", (used, used))


def keys() -> list[str]:
    return [entry.key for entry in list_entries()]


def in_another_process(code: str) -> subprocess.Popen[str]:
    """Start Python on `code`, which says so when it has begun and waits for a line to go on."""
    header = "from hilum.storage.cache import *\nfrom pathlib import Path\n"
    return subprocess.Popen(
        [sys.executable, "-c", header + code], text=True, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, bufsize=1,
    )  # fmt: skip


HOLD = """
with cache_entry("kept-v1", "a") as entry:
    print(entry, flush=True)
    input()
"""


def test_the_place_is_told_or_the_systems(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HILUM_CACHE", str(tmp_path))
    assert cache_place() == tmp_path
    monkeypatch.setenv("HILUM_CACHE", "~/x")
    assert cache_place() == Path.home() / "x"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HILUM_CACHE", "here")
    assert cache_place() == tmp_path / "here"
    for nothing in ("", " "):
        monkeypatch.setenv("HILUM_CACHE", nothing)
        assert cache_place() == platformdirs.user_cache_path("hilum")


@pytest.mark.parametrize("off", ["none", "off", "OFF"])
def test_a_cache_that_is_off_keeps_nothing(monkeypatch: pytest.MonkeyPatch, off: str) -> None:
    monkeypatch.setenv("HILUM_CACHE", off)
    with cache_entry("kept-v1", "a") as entry:
        assert entry is None
    assert (cache_place(), make_room(1), list_entries(), clear_cache()) == (None, False, [], 0)


@pytest.mark.parametrize(
    ("tag_text", "limit"),
    [
        ("", DEFAULT_LIMIT),
        ("20GB", 20_000_000_000),
        ("1.5 TiB", 1_649_267_441_664),
        ("500mb", 500_000_000),
        ("7k", 7_000),
        ("12B", 12),
        ("0", 0),
    ],
)
def test_the_limit_is_a_size(monkeypatch: pytest.MonkeyPatch, tag_text: str, limit: int) -> None:
    monkeypatch.setenv("HILUM_CACHE_LIMIT", tag_text)
    assert cache_limit() == limit


@pytest.mark.parametrize("tag_text", ["much", "-1GB", "20 gigs", "GB", "1e9"])
def test_a_limit_that_is_no_size_is_refused(monkeypatch: pytest.MonkeyPatch, tag_text: str) -> None:
    monkeypatch.setenv("HILUM_CACHE_LIMIT", tag_text)
    with pytest.raises(UsageError) as caught:
        cache_limit()
    assert str(caught.value) == (
        f"HILUM_CACHE_LIMIT is a size such as 20GB or 500MB; got {tag_text!r}."
    )


def test_what_is_kept_is_found_again(cache_folder: Path) -> None:
    keep("a", 10, used=1)
    with cache_entry("kept-v1", "a") as entry:
        assert entry == cache_folder / "kept-v1" / "a"
        assert (entry / "data").read_bytes() == bytes(10)
    with cache_entry("kept-v2", "a") as other:
        assert other is not None
        assert not (other / "data").exists()
    assert sum(entry.size for entry in list_entries()) == 10


def test_an_entry_that_is_left_empty_is_removed(cache_folder: Path) -> None:
    with cache_entry("kept-v1", "a") as entry:
        assert entry is not None
        with one_at_a_time(entry), cache_entry("kept-v1", "a"):
            pass
        assert entry.is_dir()  # still in use
    assert not entry.exists()
    with pytest.raises(RuntimeError), cache_entry("kept-v1", "a"):
        raise RuntimeError
    assert list((cache_folder / "kept-v1").iterdir()) == []


def test_a_use_is_noted(cache_folder: Path) -> None:
    keep("a", 10, used=1)
    assert list_entries()[0].used == 1
    with cache_entry("kept-v1", "a"):
        assert list_entries()[0].used > 1
    assert [(e.kind, e.key, e.size, e.held) for e in list_entries()] == [
        ("kept-v1", "a", 10, False)
    ]


@pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "Gross"])
def test_a_name_that_could_leave_the_cache_is_a_bug(cache_folder: Path, name: str) -> None:
    with pytest.raises(ValueError, match="names of small letters"), cache_entry("kept-v1", name):
        pytest.fail("not a name")


def test_the_longest_unused_goes_first_and_only_as_much_as_is_needed(cache_folder: Path) -> None:
    for key, used in (("old", 1.0), ("new", 3.0), ("middle", 2.0)):
        keep(key, 300, used=used)
    assert make_room(100)
    assert keys() == ["middle", "new", "old"]
    assert make_room(101)
    assert keys() == ["middle", "new"]
    assert make_room(600)
    assert keys() == ["new"]


def test_nothing_is_removed_for_what_never_fits(cache_folder: Path) -> None:
    keep("a", 300, used=1)
    assert not make_room(1001)
    assert keys() == ["a"]
    assert make_room(1000)
    assert keys() == []


def test_some_of_the_disk_is_left_to_others(
    cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep("a", 300, used=1)
    disk = SimpleNamespace(total=10_000, free=600)  # 5 % of 10,000 are to stay free
    monkeypatch.setattr(shutil, "disk_usage", lambda _: disk)
    assert make_room(100)
    assert keys() == ["a"]
    assert not make_room(401)
    assert keys() == ["a"]
    assert make_room(400)
    assert keys() == []


def test_of_a_large_disk_ten_gigabytes_are_left(
    cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep("a", 1, used=1)
    disk = SimpleNamespace(total=10**13, free=10**10 + 100)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: disk)
    assert make_room(100)
    assert not make_room(102)


def test_what_is_in_use_is_not_removed(cache_folder: Path) -> None:
    keep("a", 300, used=1)
    with cache_entry("kept-v1", "a") as entry:
        assert entry is not None
        assert not make_room(900)
        assert clear_cache() == 0
        assert (entry / "data").exists()
    assert clear_cache() == 300
    assert keys() == []


@posix
def test_what_another_process_uses_is_not_removed_until_it_ends(cache_folder: Path) -> None:
    keep("a", 300, used=1)
    other = in_another_process(HOLD)
    assert other.stdout is not None
    assert other.stdout.readline().strip() == str(cache_folder / "kept-v1" / "a")
    assert [entry.held for entry in list_entries()] == [True]
    assert not make_room(900)
    assert clear_cache() == 0
    other.kill()  # without a word: the system lets go of its lock
    other.communicate()
    assert make_room(900)
    assert keys() == []


@posix
def test_an_entry_that_is_removed_while_it_is_opened_is_made_anew(
    cache_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep("a", 300, used=1)
    from hilum.storage import cache

    lock, raced = cache._lock, []

    def removed_before(file: object, **how: bool) -> bool:
        if not raced:
            raced.append((cache_folder / "kept-v1" / "a").rename(cache_folder / ".gone-1"))
        return bool(lock(file, **how))  # type: ignore[arg-type]

    monkeypatch.setattr(cache, "_lock", removed_before)
    with cache_entry("kept-v1", "a") as entry:
        assert entry == cache_folder / "kept-v1" / "a"
        assert not (entry / "data").exists()
        assert [one.held for one in list_entries()] == [True]


@posix
def test_one_process_makes_while_the_others_wait(cache_folder: Path) -> None:
    code = (
        "with cache_entry('kept-v1', 'a') as entry:\n"
        " print('at the door', flush=True)\n"
        " with one_at_a_time(entry):\n"
        "  print((entry / 'data').exists(), flush=True)\n"
    )
    with cache_entry("kept-v1", "a") as entry:
        assert entry is not None
        with one_at_a_time(entry):
            other = in_another_process(code)
            assert other.stdout is not None
            assert other.stdout.readline().strip() == "at the door"
            (entry / "data").write_bytes(b"made")
        assert other.communicate(timeout=60)[0].strip() == "True"


@posix
def test_drafts_of_killed_writers_go_when_the_entry_is_next_opened(cache_folder: Path) -> None:
    keep("a", 10, used=1)
    draft = cache_folder / "kept-v1" / "a" / ".data.abc"
    draft.write_bytes(bytes(500))
    with cache_entry("kept-v1", "a"):
        assert not draft.exists()
        draft.write_bytes(bytes(500))
        with cache_entry("kept-v1", "a"):
            assert draft.exists()  # its writer may still be at work
    assert sum(entry.size for entry in list_entries()) == 510


def test_what_was_only_moved_aside_goes_too(cache_folder: Path) -> None:
    keep("a", 10, used=1)
    (cache_folder / "kept-v1" / "a").rename(cache_folder / ".gone-1")
    assert make_room(1)
    assert sorted(path.name for path in cache_folder.iterdir()) == ["CACHEDIR.TAG", "kept-v1"]


def test_clearing_leaves_what_is_not_the_caches(cache_folder: Path) -> None:
    keep("a", 10, used=1)
    (cache_folder / "letters" / "mine").mkdir(parents=True)
    (cache_folder / "letters" / "mine" / "text").write_text("kept")
    assert clear_cache() == 10
    assert (cache_folder / "letters" / "mine" / "text").read_text() == "kept"


@posix
def test_nobody_else_may_look_in(cache_folder: Path) -> None:
    before = os.umask(0)
    try:
        keep("a", 10, used=1)
    finally:
        os.umask(before)
    folders = (cache_folder, cache_folder / "kept-v1", cache_folder / "kept-v1" / "a")
    assert [stat.S_IMODE(folder.stat().st_mode) for folder in folders] == [0o700] * 3


def test_backups_know_it_for_a_cache(cache_folder: Path) -> None:
    keep("a", 10, used=1)
    tag_text = (cache_folder / "CACHEDIR.TAG").read_text()
    assert tag_text.startswith("Signature: 8a477f597d28d172789f06886806bc55\n")


def test_a_place_that_can_not_be_written_keeps_nothing(
    cache_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    monkeypatch.setenv("HILUM_CACHE", str(tmp_path / "file" / "cache"))
    with cache_entry("kept-v1", "a") as entry:
        assert entry is None
    assert not make_room(1)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setenv("HILUM_CACHE", str(cache_folder))
    monkeypatch.setattr(Path, "mkdir", refuse)
    with cache_entry("kept-v1", "a") as entry:
        assert entry is None


def test_an_error_in_the_block_is_not_swallowed(cache_folder: Path) -> None:
    with pytest.raises(OSError, match="mine"), cache_entry("kept-v1", "a"):
        raise OSError("mine")
    assert list_entries() == []


@posix
def test_without_a_home_nothing_is_cached_and_nothing_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As in a container: no HOME, and a user id that the system's list of users lacks."""
    for variable in ("HILUM_CACHE", "HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr("pwd.getpwuid", lambda _: (_ for _ in ()).throw(KeyError("uid not found")))
    assert cache_place() is None
    with cache_entry("decoded-v1", "a") as entry:
        assert entry is None
    monkeypatch.setenv("HILUM_CACHE", "~/cache")
    assert cache_place() is None
