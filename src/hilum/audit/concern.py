"""What a check of the data or of a run came to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Concern"]


@dataclass(frozen=True)
class Concern:
    """The outcome of one check.

    Attributes:
        check: the check's name.
        level: one of the check's own words for how bad it is.
        sentence: what a reader should know, in plain words.
        numbers: what the sentence rests on, ready for JSON.
    """

    check: str
    level: str
    sentence: str
    numbers: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the concern as metrics.json holds it."""
        return {"level": self.level, "sentence": self.sentence, **self.numbers}
