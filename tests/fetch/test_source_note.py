"""SOURCE.md: what it holds, and which folders are left alone."""

from __future__ import annotations

import pytest

from hilum.catalogue.collections import known_collections
from hilum.errors import UsageError
from hilum.fetch import FetchOptions
from hilum.fetch.source_note import (
    SOURCE_NOTE,
    Contents,
    is_complete,
    refuse_foreign,
    write_note,
)


def test_a_folder_with_other_things_in_it_is_left_alone(repository, fetch, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match=r"holds other things \(it has no SOURCE.md of ct-pneum"):
        fetch()
    with pytest.raises(UsageError, match="is a file, but a folder is needed"):
        fetch(out=tmp_path / "data" / "thesis.txt")
    fetch(out=tmp_path / "other")
    with pytest.raises(UsageError, match=r"it has no SOURCE.md of msd-lung"):
        fetch("msd-lung", out=tmp_path / "other")


CONTENTS = Contents("all of it", files=1200, size=34_567, unproven=200)


def written(folder, *, complete=True, server="", contents=CONTENTS):
    known = known_collections()["ct-pneumonia"]
    write_note(folder, known, FetchOptions(server=server), contents, complete=complete)
    return (folder / SOURCE_NOTE).read_text()


def test_the_note_has_terms_origin_and_what_was_checked(tmp_path):
    known = known_collections()["ct-pneumonia"]
    note = written(tmp_path).splitlines()
    assert note[0] == "# ct-pneumonia: fetched by `hilum data fetch ct-pneumonia`"
    assert "Everything is here, and every file was checked." in note
    assert f"| terms | {known.terms} |" in note and f"| cite | {known.citation} |" in note
    assert "| files | 1,200, 34,567 bytes |" in note
    assert (
        "| checksums | SHA-256 of every file in CHECKSUMS.sha256 (`sha256sum -c "
        "CHECKSUMS.sha256`); 1,000 files match the checksum that their server or owner publishes "
        "|"
    ) in note
    (origin,) = [line for line in note if line.startswith("| from |")]
    assert origin.endswith(f", commit {known.parts[0].commit} |")
    assert note[note.index("## Mind") + 2 :] == [f"- {trap}" for trap in known.traps]


def test_a_fetch_that_has_only_begun_says_how_to_go_on(tmp_path):
    note = written(tmp_path, complete=False)
    assert "**Not everything is here yet**: run the same command again to resume." in note
    assert "| files |" not in note


def test_another_server_is_named_without_user_and_password(tmp_path):
    note = written(tmp_path, server="http://me:secret@mirror/data")
    assert "http://mirror/data" in note and "secret" not in note


def test_only_a_complete_note_of_the_same_selection_counts(tmp_path):
    assert not is_complete(tmp_path, "all of it")
    written(tmp_path, complete=False)
    assert not is_complete(tmp_path, "all of it")
    written(tmp_path)
    assert is_complete(tmp_path, "all of it")
    assert not is_complete(tmp_path, "all")


def test_a_bar_in_a_cell_does_not_end_it(tmp_path):
    note = written(tmp_path, contents=Contents("a | b", 1, 1, 0))
    assert "| what | a / b |" in note
    assert is_complete(tmp_path, "a | b")


def test_an_empty_folder_and_the_mark_alone_are_free(tmp_path):
    refuse_foreign(tmp_path / "missing", "ct-pneumonia", mark=".lock")
    (tmp_path / ".lock").touch()
    refuse_foreign(tmp_path, "ct-pneumonia", mark=".lock")
