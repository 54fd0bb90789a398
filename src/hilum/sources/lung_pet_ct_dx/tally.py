"""Counts of oddities in a collection, each reported in one sentence."""

from __future__ import annotations

from collections import Counter

__all__ = ["Tally"]


class Tally:
    """Counts oddities by kind, and stores the name of the first file of each.

    File names come without folders, since folders have patients' names.
    """

    def __init__(self) -> None:
        self._counts: Counter[str] = Counter()
        self._first: dict[str, str] = {}
        self._sentences: list[str] = []

    def add(self, kind: str, file: str = "") -> None:
        """Count one more of `kind`, a clause such as "hold no box"."""
        self._counts[kind] += 1
        self._first.setdefault(kind, file)

    def say(self, sentence: str) -> None:
        """Add a sentence, without its full stop, that needs no count."""
        self._sentences.append(sentence)

    def instead(self) -> str:
        """Return the counts in parentheses for a refusal; empty text without counts."""
        met = ", ".join(f"{kind}: {count}" for kind, count in self._counts.items())
        return f" ({met})" if met else ""

    def notes(self, source: str) -> list[str]:
        """Return a sentence for each kind, in order of first occurrence."""
        return [f"{source}: {sentence}." for sentence in self._sentences] + [
            f"{source}: {kind}: {count}{f' (the first: {name})' if name else ''}."
            for kind, count in self._counts.items()
            for name in [self._first[kind]]
        ]
