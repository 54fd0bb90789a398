"""The file of checksums."""

from __future__ import annotations

from hilum.fetch.ledger import LEDGER, Ledger, add_line, read_ledger

ONE, TWO, THREE = ("1" * 64, "2" * 64, "3" * 64)


def test_what_is_written_is_read_again(tmp_path):
    ledger = Ledger(
        {"b c.png": TWO, "a.png": ONE, "top/x": THREE}, {"x.tar": ("4" * 64, ("top/x",))}
    )
    ledger.write(tmp_path)
    assert (tmp_path / LEDGER).read_text() == (
        f"# unpacked from x.tar, sha256 {'4' * 64}\n{THREE}  top/x\n"
        f"# fetched singly\n{ONE}  a.png\n{TWO}  b c.png\n"
    )
    assert read_ledger(tmp_path) == ledger
    assert read_ledger(tmp_path / "none") == Ledger()


def test_lines_that_were_added_count_and_torn_ones_do_not(tmp_path):
    add_line(tmp_path, "a", ONE)
    add_line(tmp_path, "b", TWO)
    with (tmp_path / LEDGER).open("a") as file:
        file.write("333333")
    assert read_ledger(tmp_path).files == {"a": ONE, "b": TWO}


def test_a_line_added_after_an_archive_is_none_of_the_archive_s(tmp_path):
    Ledger({"top/x": THREE}, {"x.tar": (TWO, ("top/x",))}).write(tmp_path)
    add_line(tmp_path, "a", ONE)
    assert read_ledger(tmp_path) == Ledger({"top/x": THREE, "a": ONE}, {"x.tar": (TWO, ("top/x",))})
