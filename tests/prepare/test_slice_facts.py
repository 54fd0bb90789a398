"""Notes are counted by sentence, the most frequent first."""

from __future__ import annotations

from hilum.prepare import count_notes, note_sentences


def test_a_note_counts_once_a_slice_and_the_most_frequent_comes_first() -> None:
    counts = count_notes([("b",), (), ("a", "b", "b"), ("c",), ("c",), ("b",)])
    assert list(counts.items()) == [("b", 3), ("c", 2), ("a", 1)]


def test_rare_kinds_are_summed_up() -> None:
    counts = {f"note {number}.": 20 - number for number in range(10)}
    sentences = list(note_sentences(counts, 40))
    assert sentences[0] == "20 of 40 slices: note 0."
    assert len(sentences) == 9
    assert sentences[-1] == "2 further kinds of notes, on 12 slices at most."
    assert list(note_sentences({}, 40)) == []
