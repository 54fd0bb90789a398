"""A slice of a drawn chest with nothing wrong in it, and what is known of it."""

from __future__ import annotations

import numpy as np
import pytest

from hilum.prepare.crossing import Anatomy, find_anatomy
from hilum.sources.phantom.cohort import PhantomPatient
from hilum.sources.phantom.drawing import draw_patient
from hilum.sources.phantom.settings import PhantomSettings


def chest(number: int) -> Anatomy:
    settings = PhantomSettings(slices_per_patient=1, classes=("normal",), size=128)
    grey = draw_patient(settings, PhantomPatient(number, "normal", number % 4))[0].picture
    found = find_anatomy(grey)
    assert found is not None
    return found


@pytest.fixture(scope="session")
def anatomy() -> Anatomy:
    return chest(0)


@pytest.fixture(scope="session")
def donor() -> Anatomy:
    """Another chest, with a bright disc in its left lung."""
    found = chest(1)
    rows, columns = np.nonzero(found.lungs[:, 70:])
    middle = len(rows) // 2
    y, x = np.mgrid[:128, :128]
    disc = (y - rows[middle]) ** 2 + (x - columns[middle] - 70) ** 2 <= 8**2
    grey = np.where(disc, np.uint8(round(found.tissue_level)), found.grey)
    return Anatomy(grey, found.lungs, found.lung_level, found.tissue_level)


@pytest.fixture(scope="session")
def disc(donor: Anatomy) -> np.ndarray:
    return np.asarray(donor.grey != chest(1).grey) & donor.lungs
