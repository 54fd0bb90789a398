"""Who the synthetic patients are: each one's label and source."""

from __future__ import annotations

from typing import NamedTuple

from hilum.sources.phantom.chance import Purpose, stream
from hilum.sources.phantom.scanner import SCANNERS
from hilum.sources.phantom.settings import PhantomSettings

__all__ = ["PhantomPatient", "member"]


class PhantomPatient(NamedTuple):
    """One synthetic patient: number (from 0), label, and which of SCANNERS it was seen by."""

    number: int
    label: str
    scanner: int


def member(settings: PhantomSettings, number: int) -> PhantomPatient:
    """Return patient `number` (from 0), which does not depend on how many there are.

    Patients come in blocks that hold every pair of class and source once, in an order drawn
    for the block: classes are balanced, and so are sources within a class where `link` is 0.
    A tied patient's source is replaced by one of those that its class owns: sources are dealt
    to the classes in turn.
    """
    classes, sources = len(settings.classes), len(SCANNERS)
    block, index = divmod(number, classes * sources)
    rng = stream(settings.seed, Purpose.COHORT, block)
    pair = int(rng.permutation(classes * sources)[index])
    label, scanner = divmod(pair, sources)
    tied = rng.random(classes * sources)[index] < settings.link
    if tied:
        owned = range(label, sources, classes)
        scanner = owned[scanner % len(owned)]
    return PhantomPatient(number, settings.classes[label], scanner)
