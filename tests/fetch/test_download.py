"""One file over a bad line."""

from __future__ import annotations

import errno
import hashlib
import random
import time
from pathlib import Path

import pytest

from hilum.errors import FetchError, StorageError, UsageError
from hilum.fetch import download as download_module
from hilum.fetch.checksum import Checksum
from hilum.fetch.client import Client
from hilum.fetch.download import download, sha256_if_complete
from hilum.fetch.options import Patience
from hilum.fetch.wanted import Wanted

CONTENT = random.Random(0).randbytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MD5 = Checksum("md5", hashlib.md5(CONTENT).hexdigest())
GIT = Checksum("git", hashlib.sha1(b"blob 300000\0" + CONTENT).hexdigest())


def wanted(*addresses, size=300_000, checksum=MD5):
    return Wanted("file.bin", addresses, size, checksum)


def leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def client(patience):
    return Client(patience)


@pytest.mark.parametrize("checksum", [MD5, GIT, Checksum("sha256", SHA256), None])
def test_a_file_comes_whole_and_is_proven_by_its_kind_of_checksum(site, tmp_path, client, checksum):
    address = site.serve("/file.bin", CONTENT)
    sizes: list[int] = []
    digits = download(
        wanted(address, checksum=checksum), tmp_path / "a" / "file.bin", client=client,
        on_size=sizes.append,
    )  # fmt: skip
    assert digits == SHA256
    assert (tmp_path / "a" / "file.bin").read_bytes() == CONTENT
    assert leftovers(tmp_path / "a") == ["file.bin"]
    assert sizes[0] == 0 and sizes[-1] == 300_000 and sizes == sorted(sizes)


def test_a_cut_connection_is_resumed_where_it_was_cut_on_condition_of_the_same_etag(
    site, tmp_path, client, day
):
    address = site.serve("/file.bin", CONTENT, day(cut_at=100_000), day(cut_at=150_000))
    assert download(wanted(address), tmp_path / "file.bin", client=client) == SHA256
    assert site.ranges("/file.bin") == ["", "bytes=100000-", "bytes=250000-"]
    tag = site.pages["/file.bin"].tag
    assert [one.headers.get("if-range") for one in site.asked_of("/file.bin")] == [None, tag, tag]


def test_the_next_call_goes_on_with_what_an_earlier_one_left(site, tmp_path, day):
    address = site.serve("/file.bin", CONTENT, day(cut_at=100_000), day(status=503))
    impatient = Client(Patience(tries=1, first_wait=0.01))
    with pytest.raises(FetchError, match="the same command resumes"):
        download(wanted(address), tmp_path / "file.bin", client=impatient)
    assert leftovers(tmp_path) == ["file.bin.part", "file.bin.part.tag"]
    with pytest.raises(FetchError, match="HTTP 503"):
        download(wanted(address), tmp_path / "file.bin", client=impatient)
    assert download(wanted(address), tmp_path / "file.bin", client=impatient) == SHA256
    assert site.ranges("/file.bin") == ["", "bytes=100000-", "bytes=100000-"]


def test_a_file_that_changed_between_is_taken_from_its_beginning(site, tmp_path, client, day):
    changed = bytes(reversed(CONTENT))
    address = site.serve("/file.bin", CONTENT, day(cut_at=100_000))
    impatient = Client(Patience(tries=1))
    with pytest.raises(FetchError, match="cut"):
        download(wanted(address, checksum=None), tmp_path / "file.bin", client=impatient)
    site.serve("/file.bin", changed)
    digits = download(wanted(address, checksum=None), tmp_path / "file.bin", client=client)
    assert digits == hashlib.sha256(changed).hexdigest()
    assert site.ranges("/file.bin") == ["", "bytes=100000-"]


def test_a_changed_file_is_noticed_where_the_server_knows_no_if_range(site, tmp_path, client, day):
    changed = bytes(reversed(CONTENT))
    address = site.serve("/file.bin", CONTENT, day(cut_at=100_000))
    with pytest.raises(FetchError):
        download(
            wanted(address, checksum=None), tmp_path / "file.bin", client=Client(Patience(tries=1))
        )
    site.serve("/file.bin", changed, day(ignore_if_range=True))
    digits = download(wanted(address, checksum=None), tmp_path / "file.bin", client=client)
    assert digits == hashlib.sha256(changed).hexdigest()
    assert site.ranges("/file.bin") == ["", "bytes=100000-", ""]


def test_a_server_without_ranges_gives_the_file_from_its_beginning(site, tmp_path, client, day):
    address = site.serve("/file.bin", CONTENT, day(cut_at=100_000), day(no_ranges=True))
    assert download(wanted(address), tmp_path / "file.bin", client=client) == SHA256
    assert len(site.requests) == 2


def test_without_etag_the_date_is_the_condition_and_without_either_a_checksum_must_prove_it(
    site, tmp_path, client, day
):
    date = "Tue, 22 Dec 2020 10:00:00 GMT"
    dated = site.serve("/dated", CONTENT, day(cut_at=9), etag=None, date=date)
    download(wanted(dated, checksum=None), tmp_path / "dated", client=client)
    assert site.asked_of("/dated")[1].headers["if-range"] == date
    proven = site.serve("/proven", CONTENT, day(cut_at=9), etag=None)
    download(wanted(proven), tmp_path / "proven", client=client)
    assert site.ranges("/proven") == ["", "bytes=9-"]
    unproven = site.serve("/unproven", CONTENT, day(cut_at=9), etag='W/"weak"')
    assert download(wanted(unproven, checksum=None), tmp_path / "u", client=client) == SHA256
    assert site.ranges("/unproven") == ["", ""]


def test_a_range_that_begins_elsewhere_is_not_pasted_in(site, tmp_path, client, day):
    address = site.serve("/file.bin", CONTENT, day(cut_at=100_000), day(wrong_range=True))
    assert download(wanted(address), tmp_path / "file.bin", client=client) == SHA256


def test_a_part_that_is_whole_already_is_only_checked(site, tmp_path, client):
    address = site.serve("/file.bin", CONTENT)
    (tmp_path / "file.bin.part").write_bytes(CONTENT)
    assert download(wanted(address), tmp_path / "file.bin", client=client) == SHA256
    assert site.requests == []
    (tmp_path / "other.part").write_bytes(CONTENT)
    assert download(wanted(address, size=None), tmp_path / "other", client=client) == SHA256
    assert site.ranges("/file.bin") == ["bytes=300000-"]


def test_a_part_that_is_too_long_or_spoilt_begins_anew(site, tmp_path, client):
    address = site.serve("/file.bin", CONTENT)
    (tmp_path / "file.bin.part").write_bytes(CONTENT + b"more")
    assert download(wanted(address), tmp_path / "file.bin", client=client) == SHA256
    (tmp_path / "again.part").write_bytes(b"\0" * 100_000)
    assert download(wanted(address), tmp_path / "again", client=client) == SHA256
    assert site.ranges("/file.bin") == ["", "bytes=100000-", ""]


def test_a_wrong_checksum_is_tried_once_more_and_then_refused_and_not_kept(site, tmp_path, client):
    spoilt = b"x" + CONTENT[1:]
    address = site.serve("/file.bin", spoilt)
    with pytest.raises(FetchError) as refusal:
        download(wanted(address), tmp_path / "file.bin", client=client)
    assert str(refusal.value) == (
        f"{address} arrived twice with md5 {hashlib.md5(spoilt).hexdigest()}, and {MD5.digits} is "
        "published; nothing of it was kept."
    )
    assert len(site.requests) == 2
    assert leftovers(tmp_path) == []


def test_what_came_wrong_once_may_come_right_the_second_time(site, tmp_path, client, day):
    address = site.serve("/file.bin", CONTENT, day(body=b"x" + CONTENT[1:]))
    assert download(wanted(address), tmp_path / "file.bin", client=client) == SHA256


def test_another_length_than_promised_is_refused_before_anything_is_taken(site, tmp_path, client):
    address = site.serve("/file.bin", b"<html>Please log in</html>")
    with pytest.raises(
        FetchError, match=r"has 26 bytes, and 300,000 were promised; it has changed"
    ):
        download(wanted(address), tmp_path / "file.bin", client=client)
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, r"does not exist \(HTTP 404\); the collection may have moved"),
        (410, r"does not exist \(HTTP 410\)"),
        (403, r"is refused \(HTTP 403\); is a proxy blocking it"),
        (401, r"is refused \(HTTP 401\)"),
        (418, r"answers HTTP 418, which hilum can't use"),
    ],
)
def test_a_refusal_is_one_sentence_at_once(site, tmp_path, client, day, status, words):
    address = site.serve("/file.bin", b"", *[day(status=status)] * 3)
    with pytest.raises(FetchError, match=words):
        download(wanted(address), tmp_path / "file.bin", client=client)
    assert len(site.requests) == 1


def test_the_next_address_is_tried_where_the_first_is_gone(site, tmp_path, client):
    second = site.serve("/second", CONTENT)
    digits = download(wanted(f"{site.url}/gone", second), tmp_path / "file.bin", client=client)
    assert digits == SHA256
    with pytest.raises(FetchError, match="/also-gone does not exist"):
        download(wanted(f"{site.url}/gone", f"{site.url}/also-gone"), tmp_path / "b", client=client)


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_server_that_stumbles_is_asked_again(site, tmp_path, client, day, status):
    address = site.serve("/file.bin", CONTENT, day(status=status), day(status=status))
    assert download(wanted(address), tmp_path / "file.bin", client=client) == SHA256
    assert len(site.requests) == 3


def test_a_server_that_keeps_stumbling_is_given_up(site, tmp_path, client, day):
    address = site.serve("/file.bin", CONTENT, *[day(status=500)] * 9)
    with pytest.raises(FetchError, match=r"HTTP 500, 4 times in a row; try again later"):
        download(wanted(address), tmp_path / "file.bin", client=client)
    assert len(site.requests) == 4


def test_a_server_is_left_alone_as_long_as_it_asks(site, tmp_path, client, day):
    address = site.serve("/file.bin", CONTENT, day(status=429, headers={"Retry-After": "1"}))
    begun = time.monotonic()
    assert download(wanted(address), tmp_path / "file.bin", client=client) == SHA256
    assert time.monotonic() - begun >= 1.0


def test_a_server_that_asks_for_an_hour_is_taken_at_its_word(site, tmp_path, client, day):
    address = site.serve("/file.bin", CONTENT, day(status=429, headers={"Retry-After": "3600"}))
    with pytest.raises(
        FetchError, match=r"\(HTTP 429\); run the same command again in 3600 seconds"
    ):
        download(wanted(address), tmp_path / "file.bin", client=client)
    spent = {"X-RateLimit-Remaining": "0"}
    site.serve("/file.bin", CONTENT, day(status=403, headers=spent))
    with pytest.raises(FetchError, match=r"\(HTTP 403\); run the same command again in an hour"):
        download(wanted(address), tmp_path / "file.bin", client=client)


def test_a_refusal_with_a_time_to_come_again_is_no_refusal(site, tmp_path, client, day):
    again = day(status=403, headers={"Retry-After": "0", "X-RateLimit-Remaining": "0"})
    address = site.serve("/file.bin", CONTENT, again)
    assert download(wanted(address), tmp_path / "file.bin", client=client) == SHA256


def test_one_connection_serves_many_files(site, tmp_path, client):
    for number in range(5):
        address = site.serve(f"/{number}", CONTENT)
        download(wanted(address), tmp_path / str(number), client=client)
    assert len(site.requests) == 5
    assert len({one.port for one in site.requests}) == 1


def test_a_connection_that_stands_still_is_cut_and_resumed(site, tmp_path, client, day):
    address = site.serve("/file.bin", CONTENT, day(stall_at=100_000))
    begun = time.monotonic()
    assert download(wanted(address), tmp_path / "file.bin", client=client) == SHA256
    assert 0.4 <= time.monotonic() - begun < 5
    assert site.ranges("/file.bin") == ["", "bytes=100000-"]


def test_a_connection_that_drips_is_cut_and_resumed(site, tmp_path, client, day):
    address = site.serve("/file.bin", CONTENT, day(drip=0.02))
    assert download(wanted(address), tmp_path / "file.bin", client=client) == SHA256
    first, second = site.ranges("/file.bin")
    assert first == ""
    assert 1 <= int(second.removeprefix("bytes=").rstrip("-")) < 100


def test_a_server_that_only_drips_is_given_up(site, tmp_path, client, day):
    address = site.serve("/file.bin", CONTENT, *[day(drip=0.02)] * 9)
    with pytest.raises(FetchError, match="less than 500 bytes a second came, 4 times in a row"):
        download(wanted(address), tmp_path / "file.bin", client=client)


def test_many_cuts_are_no_matter_as_long_as_each_brings_something(site, tmp_path, client, day):
    address = site.serve("/file.bin", CONTENT, *[day(cut_at=66_000)] * 4)
    impatient = Client(Patience(tries=2, first_wait=0.01))
    assert download(wanted(address), tmp_path / "file.bin", client=impatient) == SHA256
    assert len(site.requests) == 5


def test_a_body_that_is_packed_against_our_asking_is_unpacked_and_never_resumed(
    site, tmp_path, client, day
):
    address = site.serve("/file.bin", CONTENT, day(packed=True, cut_at=1000), day(packed=True))
    assert download(wanted(address), tmp_path / "file.bin", client=client) == SHA256
    assert site.requests[0].headers["accept-encoding"] == "identity"
    other = site.serve("/other", CONTENT, day(cut_at=100_000), day(packed=True))
    assert download(wanted(other), tmp_path / "other", client=client) == SHA256
    assert site.ranges("/other") == ["", "bytes=100000-", ""]


def test_a_body_of_untold_length_is_whole_only_with_its_end(site, tmp_path, client, day):
    cut, content = day(chunked=True, cut_at=100_000), day(chunked=True)
    address = site.serve("/file.bin", CONTENT, cut, content)
    untold = wanted(address, size=None, checksum=None)
    assert download(untold, tmp_path / "file.bin", client=client) == SHA256
    assert site.ranges("/file.bin") == ["", "bytes=100000-"]


def test_redirects_are_followed_with_the_range(site, tmp_path, client, day):
    site.serve("/there", CONTENT, day(cut_at=100_000))
    to = day(status=302, headers={"Location": "/there"})
    address = site.serve("/here", b"", *[to] * 9)
    assert download(wanted(address), tmp_path / "file.bin", client=client) == SHA256
    assert site.ranges("/there") == ["", "bytes=100000-"]
    ring = site.serve("/ring", b"", *[day(status=302, headers={"Location": "/ring"})] * 20)
    with pytest.raises(FetchError, match="leads from address to address more than 5 times"):
        download(wanted(ring), tmp_path / "b", client=client)


def test_no_server_is_said_at_once_and_in_a_sentence(tmp_path, client):
    begun = time.monotonic()
    with pytest.raises(
        FetchError, match=r"127.0.0.1:9 can't be reached \(no internet\?\), 2 times"
    ):
        download(wanted("http://127.0.0.1:9/file"), tmp_path / "a", client=client)
    with pytest.raises(FetchError, match=r"no server nowhere.invalid is known here"):
        download(wanted("https://nowhere.invalid/file"), tmp_path / "a", client=client)
    assert time.monotonic() - begun < 10


def test_an_address_that_is_none_is_a_wrong_call(tmp_path, client):
    with pytest.raises(UsageError, match="'ftp://x/y' is no address"):
        download(wanted("ftp://x/y"), tmp_path / "a", client=client)


def test_a_message_holds_no_password(site, tmp_path, client):
    address = site.url.replace("http://", "http://me:secret@") + "/gone?key=hidden"
    with pytest.raises(FetchError) as refusal:
        download(wanted(address), tmp_path / "a", client=client)
    assert "secret" not in str(refusal.value)
    assert "hidden" not in str(refusal.value)


def test_a_folder_that_is_a_file_is_refused_in_a_sentence(site, tmp_path, client):
    (tmp_path / "a").write_text("")
    with pytest.raises(StorageError, match="can't be written"):
        download(wanted(site.serve("/f", CONTENT)), tmp_path / "a" / "b" / "f", client=client)


def test_a_disk_that_fills_up_meanwhile_is_named_and_what_came_is_kept(
    site, tmp_path, client, day, monkeypatch
):
    address = site.serve("/f", CONTENT)
    (tmp_path / "f.part").write_bytes(CONTENT[:1000])

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(download_module, "_take", full)
        with pytest.raises(StorageError, match=r"f can't be written: No space left on device"):
            download(wanted(address), tmp_path / "f", client=client)
    assert (tmp_path / "f.part").stat().st_size == 1000
    assert download(wanted(address), tmp_path / "f", client=client) == SHA256


def test_a_file_is_whole_by_checksum_else_by_the_earlier_fetch_else_by_its_size(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(CONTENT)

    def judge(known=None, **more):
        return sha256_if_complete(wanted("", **more), path, known=known, check=lambda: None)

    assert judge() == SHA256
    assert judge(checksum=GIT) == SHA256
    assert judge(known="0" * 64) == SHA256
    assert judge(checksum=Checksum("md5", "0" * 32)) is None
    assert judge(size=299_999) is None
    assert judge(checksum=None) == SHA256
    assert judge(checksum=None, known="0" * 64) is None
    assert sha256_if_complete(wanted(""), tmp_path / "gone", known=None, check=lambda: None) is None
