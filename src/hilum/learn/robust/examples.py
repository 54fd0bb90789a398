"""Training examples: slices of every source and class in turn, own ones and made ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hilum.prepare import Pictures
from hilum.prepare.crossing import (
    Anatomy,
    Made,
    cover_plain_lung,
    draw_opacities,
    draw_tumour,
    find_anatomy,
    move_plain_lung,
    remove_lesion,
    transplant,
)
from hilum.recipe import Crossing

__all__ = ["Cast", "Example", "ExampleSource", "Stock"]

TRIES = 6
"""Slices that are tried before an example falls back on one that is left as it is."""
ANY = -1
"""No such class."""

Rng = np.random.Generator
Mask = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int64]


class Cast(NamedTuple):
    """Which class plays which part, as indices; ANY for none.

    Attributes:
        tumour: lesions that are cut out or drawn as tumours.
        opacity: consolidation and ground glass.
        healthy: nothing.
    """

    tumour: int
    opacity: int
    healthy: int


@dataclass(frozen=True)
class Stock:
    """The slices that examples are taken from.

    Attributes:
        grey: (all, size, size) uint8.
        rows: (n,) int64, which of them these are.
        target: (n,) int64, index of the class of each.
        source: (n,) int64, number of its source.
        lesions: index among the n -> packed bits of where its lesion is.
    """

    grey: Pictures
    rows: Codes
    target: Codes
    source: Codes
    lesions: dict[int, npt.NDArray[np.uint8]]

    def picture(self, index: int) -> npt.NDArray[np.uint8]:
        """Return one slice (size, size) uint8."""
        return np.asarray(self.grey[self.rows[index : index + 1]][0], np.uint8)

    def lesion(self, index: int) -> Mask:
        """Return where a slice's lesion is, (size, size) bool; empty where that isn't known."""
        side = self.grey.shape[-1]
        if index not in self.lesions:
            return np.zeros((side, side), dtype=bool)
        bits = np.unpackbits(self.lesions[index], count=side * side)
        return np.asarray(bits.reshape(side, side).astype(bool))


class Example(NamedTuple):
    """One slice to train on.

    Attributes:
        grey: (size, size) uint8.
        lesion: (size, size) bool, where the lesion of its class is, as far as is known.
        target: index of its class.
        source: number of its source.
        judged: (classes,) bool, classes of which it is known where they are, or that they aren't.
    """

    grey: npt.NDArray[np.uint8]
    lesion: Mask
    target: int
    source: int
    judged: Mask


@dataclass
class ExampleSource:
    """Draws examples by the settings of [crossing], balanced or not.

    Attributes:
        stock: own slices.
        classes: how many.
        cast: which class is which.
        settings: the recipe's [crossing].
    """

    stock: Stock
    classes: int
    cast: Cast
    settings: Crossing
    _anatomies: dict[int, tuple[npt.NDArray[np.uint8], float, float] | None] = field(
        default_factory=dict, repr=False
    )

    @cached_property
    def own(self) -> dict[tuple[int, int], Codes]:
        """(source, class) -> own slices."""
        pairs = sorted(set(zip(self.stock.source.tolist(), self.stock.target.tolist(),
                               strict=True)))  # fmt: skip
        return {
            (source, label): np.flatnonzero(
                (self.stock.source == source) & (self.stock.target == label)
            )
            for source, label in pairs
        }

    @cached_property
    def donors(self) -> Codes:
        """Slices whose tumour is marked."""
        known = np.array(sorted(self.stock.lesions), dtype=np.int64)
        return known[self.stock.target[known] == self.cast.tumour] if len(known) else known

    @cached_property
    def bases(self) -> dict[tuple[int, int], Codes]:
        """(source, class) -> own slices of another class that can be made into this one."""
        found: dict[tuple[int, int], list[int]] = {}
        if not self.settings.share:
            return {}
        for (source, label), rows in self.own.items():
            if label != self.cast.tumour and self._tumour_ways():
                found.setdefault((source, self.cast.tumour), []).extend(rows.tolist())
            if label == self.cast.healthy and self.cast.opacity != ANY and self.settings.opacities:
                found.setdefault((source, self.cast.opacity), []).extend(rows.tolist())
            if label == self.cast.tumour and self._removes():
                marked = np.intersect1d(rows, self.donors)
                found.setdefault((source, self.cast.healthy), []).extend(marked.tolist())
        return {key: np.array(rows, dtype=np.int64) for key, rows in sorted(found.items()) if rows}

    @cached_property
    def holds(self) -> Mask:
        """(sources, classes) bool: which classes a source has, own or made."""
        table = np.zeros((int(self.stock.source.max()) + 1, self.classes), dtype=bool)
        for source, label in [*self.own, *self.bases]:
            table[source, label] = True
        return table

    def draw(self, rng: Rng) -> Example:
        """Return an example: every source equally often, in it every class that it holds."""
        sources = np.flatnonzero(self.holds.any(axis=1))
        source = int(rng.choice(sources))
        label = int(rng.choice(np.flatnonzero(self.holds[source])))
        return self.draw_from(source, label, rng)

    def draw_from(self, source: int, label: int, rng: Rng) -> Example:
        """Return an example of a source and class that it holds, own or made."""
        own, bases = self.own.get((source, label)), self.bases.get((source, label))
        if bases is not None and (own is None or rng.random() < self.settings.share):
            for _ in range(TRIES):
                example = self._make(int(rng.choice(bases)), label, rng)
                if example is not None:
                    return example
            own = bases if own is None else own
        assert own is not None, "a source holds what is drawn from it"
        return self.own_example(int(rng.choice(own)), rng)

    def vary(self, index: int, rng: Rng) -> Example:
        """Return a slice as it is or, for a share of those that can be, made into another class."""
        source = int(self.stock.source[index])
        labels = [label for (at, label), rows in self.bases.items() if at == source and
                  index in rows]  # fmt: skip
        if labels and rng.random() < self.settings.share:
            example = self._make(index, int(rng.choice(labels)), rng)
            if example is not None:
                return example
        return self.own_example(index, rng)

    def own_example(self, index: int, rng: Rng) -> Example:
        """Return a slice of its own class, sometimes with a piece of plain lung moved into it."""
        label, source = int(self.stock.target[index]), int(self.stock.source[index])
        grey, lesion = self.stock.picture(index), self.stock.lesion(index)
        tumour = label == self.cast.tumour
        if rng.random() < (self._covered_share(index) if tumour else self._control_share()):
            made = self._covered(index, rng) if tumour else self._control(index, rng)
            grey = grey if made is None else made.grey
        judged = self.holds[source].copy()
        judged[label] = lesion.any() or label == self.cast.healthy
        return Example(grey, lesion, label, source, judged)

    def _make(self, index: int, label: int, rng: Rng) -> Example | None:
        """Return a slice made into another class; None where that fails."""
        anatomy = self._anatomy(index)
        if anatomy is None:
            return None
        if label == self.cast.tumour:
            made = self._tumour(anatomy, rng)
        elif label == self.cast.healthy:
            made = remove_lesion(anatomy, self.stock.lesion(index), rng)
        else:
            made = draw_opacities(anatomy, rng)
        if made is None:
            return None
        source, before = int(self.stock.source[index]), int(self.stock.target[index])
        judged = self.holds[source].copy()
        if self.cast.healthy not in (before, label):
            judged[before] = False  # it is there, and where isn't known
        judged[label] = True
        return Example(made.grey, made.lesion, label, source, judged)

    def _tumour_ways(self) -> Sequence[float]:
        """Return the weights of transplants and drawn tumours; empty where there is no way."""
        ways = (self.settings.transplants if len(self.donors) else 0.0, self.settings.drawn)
        return ways if sum(ways) else ()

    def _tumour(self, anatomy: Anatomy, rng: Rng) -> Made | None:
        transplants, drawn = self._tumour_ways()
        if rng.random() * (transplants + drawn) >= transplants:
            return draw_tumour(anatomy, rng)
        donor = int(rng.choice(self.donors))
        other = self._anatomy(donor)
        if other is None:
            return None
        return transplant(anatomy, other, self.stock.lesion(donor), rng)

    def _removes(self) -> bool:
        """Whether slices are made healthy by covering their tumour."""
        return self.settings.removals and ANY not in (self.cast.tumour, self.cast.healthy)

    def _covered_share(self, index: int) -> float:
        """Return how often a slice that keeps its tumour gets plain lung covered."""
        return self.settings.share if self._removes() and index in self.stock.lesions else 0.0

    def _covered(self, index: int, rng: Rng) -> Made | None:
        """Return a slice with a tumour, plain lung covered elsewhere in another tumour's form."""
        anatomy, form = self._anatomy(index), self.stock.lesion(int(rng.choice(self.donors)))
        if anatomy is None:
            return None
        return cover_plain_lung(anatomy, self.stock.lesion(index), form, rng)

    def _control_share(self) -> float:
        """Return the share of own slices that get a piece of plain lung."""
        settings = self.settings
        ways = settings.transplants + settings.drawn + settings.opacities + settings.controls
        if not (settings.share and settings.controls and len(self.donors)):
            return 0.0
        return settings.share * settings.controls / ways

    def _control(self, index: int, rng: Rng) -> Made | None:
        """Return a slice with a piece of plain lung of another one, in the form of a tumour."""
        others = np.flatnonzero(self.stock.target != self.cast.tumour)
        anatomy, donor = self._anatomy(index), self._anatomy(int(rng.choice(others)))
        if anatomy is None or donor is None:
            return None
        form = self.stock.lesion(int(rng.choice(self.donors)))
        return move_plain_lung(anatomy, donor, form, rng)

    def _anatomy(self, index: int) -> Anatomy | None:
        """Return a slice's lungs and levels, found once; None where they can't be."""
        grey = self.stock.picture(index)
        if index not in self._anatomies:
            found = find_anatomy(grey)
            self._anatomies[index] = (
                None
                if found is None
                else (np.packbits(found.lungs), found.lung_level, found.tissue_level)
            )
        facts = self._anatomies[index]
        if facts is None:
            return None
        lungs = np.unpackbits(facts[0], count=grey.size).reshape(grey.shape).astype(bool)
        return Anatomy(grey, lungs, facts[1], facts[2])
