"""A stock of drawn chests: cancer from one source alone, normal and pneumonia from another."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hilum.learn.robust.examples import Cast, ExampleSource, Stock
from hilum.recipe import Crossing
from hilum.sources.phantom.cohort import PhantomPatient
from hilum.sources.phantom.drawing import draw_patient
from hilum.sources.phantom.settings import PhantomSettings

LABELS = ("cancer", "normal", "pneumonia")
CANCER, NORMAL, PNEUMONIA = range(3)
PATIENTS = (("cancer", 0), ("cancer", 0), ("normal", 1), ("normal", 1), ("pneumonia", 1))
"""Label and scanner of each."""


def stock() -> Stock:
    settings = PhantomSettings(slices_per_patient=1, classes=LABELS, size=96)
    drawn = [
        draw_patient(settings, PhantomPatient(number, label, scanner))[0]
        for number, (label, scanner) in enumerate(PATIENTS)
    ]
    masks = {n: np.packbits(one.mask) for n, one in enumerate(drawn) if one.mask is not None}
    return Stock(
        grey=np.stack([one.picture for one in drawn]),
        rows=np.arange(len(drawn)),
        target=np.array([LABELS.index(label) for label, _ in PATIENTS]),
        source=np.array([scanner for _, scanner in PATIENTS]),
        lesions=masks,
    )


@pytest.fixture(scope="session")
def drawn_stock() -> Stock:
    return stock()


@pytest.fixture
def examples(drawn_stock: Stock) -> ExampleSource:
    """Examples of whose lesions none is removed."""
    settings = Crossing(share=0.5, removals=False)
    return ExampleSource(drawn_stock, 3, Cast(CANCER, PNEUMONIA, NORMAL), settings)


@pytest.fixture
def removing(examples: ExampleSource) -> ExampleSource:
    """The same, tumours removed in a half of what can be made healthy."""
    return replace(examples, settings=Crossing(share=0.5))
