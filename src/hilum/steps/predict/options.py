"""How slices are predicted, and the summary of a prediction."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from hilum.errors import UsageError
from hilum.readers import Window
from hilum.steps.predict.outcome import Predicted, Refused

__all__ = ["PredictOptions", "PredictionSummary", "chosen_options"]

_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


@dataclass(frozen=True)
class PredictOptions:
    """How slices are predicted.

    Attributes:
        window: shows Hounsfield units where a table's row has no `window` of its own; None: the
            window that the network was trained on, if it was one, else the lung window.
        threshold: lowest probability, 0 to 1, at which the positive class is predicted, or the name
            of one of the run's operating points, such as `youden`; below it the most probable other
            class is predicted. None: the most probable class is predicted.
        engine: computes the network, see `hilum.steps.predict.engine.ENGINES`.
        pair: two of the run's classes, the positive one first: it decides between them, and its
            other classes, such as normal, are folded away; None: between all.
    """

    window: Window | None = None
    threshold: float | str | None = None
    engine: str = "auto"
    pair: tuple[str, str] | None = None


def chosen_options(
    options: PredictOptions | None,
    *,
    window: Window | None,
    threshold: float | str | None,
    engine: str | None,
) -> PredictOptions:
    """Return the options of a prediction, given as one object or one by one (None: not given).

    Raises:
        UsageError: both ways at once.
    """
    given = {"window": window, "threshold": threshold, "engine": engine}
    single = {name: value for name, value in given.items() if value is not None}
    if options is None:
        return replace(PredictOptions(), **single)  # type: ignore[arg-type]
    if single:
        raise UsageError(
            f"give options=PredictOptions(...) or {', '.join(single)} as keywords; got both."
        )
    return options


@dataclass
class PredictionSummary:
    """Counts of a prediction.

    Attributes:
        called: predicted class -> number of slices.
        refused: files that are no slices, or can't be read.
        passed_over: number of files in folders that don't look like slices, by suffix.
        linked_folders: symbolic links to folders, which are not followed.
        noted: slices with notes.
        notes: kind of note -> slices; where notes differ in their numbers alone, a kind is the note
            with `…` for each number.
        verdict: one line on how far to trust the run's metrics.
        remarks: how the class is decided, in sentences.
    """

    called: dict[str, int] = field(default_factory=dict)
    refused: int = 0
    passed_over: dict[str, int] = field(default_factory=dict)
    linked_folders: int = 0
    noted: int = 0
    notes: Counter[str] = field(default_factory=Counter)
    verdict: str = ""
    remarks: list[str] = field(default_factory=list)

    def count(self, outcome: Predicted | Refused) -> None:
        """Count one outcome."""
        if isinstance(outcome, Refused):
            self.refused += 1
            return
        self.called[outcome.predicted] = self.called.get(outcome.predicted, 0) + 1
        self.noted += bool(outcome.notes)
        for note in {_NUMBER.sub("…", note): note for note in outcome.notes}.values():
            self._count_note(note, 1)

    def add(
        self,
        *,
        called: Mapping[str, int] = MappingProxyType({}),
        refused: int = 0,
        passed_over: Mapping[str, int] = MappingProxyType({}),
        noted: int = 0,
        notes: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        """Add counts, such as those of a shard."""
        for counts, more in ((self.called, called), (self.passed_over, passed_over)):
            for name, count in more.items():
                counts[name] = counts.get(name, 0) + count
        self.refused += refused
        self.noted += noted
        for note, count in notes.items():
            self._count_note(note, count)

    def _count_note(self, note: str, count: int) -> None:
        """Count slices with a note; its numbers go where a note is known that has others."""
        kind = _NUMBER.sub("…", note)
        known = next((one for one in self.notes if _NUMBER.sub("…", one) == kind), note)
        shown = note if known == note else kind
        self.notes[shown] = self.notes.pop(known, 0) + count
