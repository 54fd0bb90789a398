"""What reading the slices of a table tells besides grey levels: sizes, turns, notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["SliceFacts", "count_notes", "note_sentences", "notes_by_label"]

Notes = tuple[str, ...]

MOST_SENTENCES = 8
"""Kinds of notes that are listed one by one; more are summed up."""


@dataclass(frozen=True)
class SliceFacts:
    """Facts about n slices, in the order of their table.

    Attributes:
        shapes: (n, 2) int64, rows and columns of each slice.
        turned: (n,) bool, slices whose rows and columns are not those of the file.
        notes: what is unusual about each slice (`SliceImage.notes`); mostly empty.
        placements: which part of each slice its picture shows, as `ShownPart.text`; "" for all of
            it, as where slices aren't harmonised.
    """

    shapes: npt.NDArray[np.int64]
    turned: npt.NDArray[np.bool_]
    notes: list[Notes]
    placements: list[str]

    @classmethod
    def empty(cls, count: int) -> SliceFacts:
        """Return facts about `count` slices, to be filled in."""
        return cls(
            np.zeros((count, 2), np.int64), np.zeros(count, bool), [()] * count, [""] * count
        )

    def chosen(self, rows: npt.NDArray[np.integer]) -> SliceFacts:
        """Return the facts about some of the slices."""
        notes = [self.notes[row] for row in rows.tolist()]
        placements = [self.placements[row] for row in rows.tolist()]
        return SliceFacts(self.shapes[rows], self.turned[rows], notes, placements)

    def content(self) -> dict[str, Any]:
        """Return turns and notes as JSON content, slices without any left out."""
        notes = {str(row): list(own) for row, own in enumerate(self.notes) if own}
        content = {"turned": np.flatnonzero(self.turned).tolist(), "notes": notes}
        return {**content, "placements": self.placements} if any(self.placements) else content

    @classmethod
    def from_content(cls, content: Any, shapes: npt.NDArray[np.int64]) -> SliceFacts:
        """Return the facts written by `content`.

        Raises:
            ValueError, TypeError, LookupError, AttributeError: the content is none of these.
        """
        facts = cls(shapes, np.zeros(len(shapes), bool), [()] * len(shapes), [""] * len(shapes))
        facts.turned[[int(row) for row in content["turned"]]] = True
        for row, notes in content["notes"].items():
            facts.notes[int(row)] = tuple(map(str, notes))
        if "placements" in content:
            facts.placements[:] = [str(text) for text in content["placements"]]
            if len(facts.placements) != len(shapes):
                raise ValueError(f"{len(shapes)} slices with {len(facts.placements)} placements")
        return facts


def count_notes(notes: Iterable[Sequence[str]]) -> dict[str, int]:
    """Return sentence -> number of slices with this note, the most frequent first."""
    counts = Counter(note for own in notes for note in dict.fromkeys(own))
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def note_sentences(counts: dict[str, int], slices: int) -> Iterator[str]:
    """Yield one sentence for each kind of note: how many of the slices have it."""
    for note, count in list(counts.items())[:MOST_SENTENCES]:
        yield f"{count} of {slices} slices: {note}"
    others = list(counts.values())[MOST_SENTENCES:]
    if others:
        yield f"{len(others)} further kinds of notes, on {max(others)} slices at most."


def notes_by_label(notes: Sequence[Sequence[str]], labels: Sequence[str]) -> dict[str, Any]:
    """Return the notes on slices as JSON content, counted by class.

    Args:
        notes: of n slices.
        labels: of the same slices.

    Returns:
        `slices`, how many have a note, and `kinds`, the most frequent first: each with its `note`,
        its number of `slices`, and that number by class in `by_label`.
    """
    classes = sorted(set(labels))
    by_label = {
        label: count_notes(own for own, its in zip(notes, labels, strict=True) if its == label)
        for label in classes
    }
    kinds = [
        {
            "note": note,
            "slices": count,
            "by_label": {label: by_label[label].get(note, 0) for label in classes},
        }
        for note, count in count_notes(notes).items()
    ]
    return {"slices": sum(map(bool, notes)), "kinds": kinds}
