"""Removals: the tumour is gone, its surroundings stay, and plain lung is covered likewise."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hilum.prepare.crossing import Anatomy, cover_plain_lung, remove_lesion

Mask = npt.NDArray[np.bool_]


def halfway(anatomy: Anatomy) -> float:
    return (anatomy.lung_level + anatomy.tissue_level) / 2


def test_a_removed_tumour_is_lung_and_all_else_stays(donor: Anatomy, disc: Mask) -> None:
    assert donor.grey[disc].mean() > 0.9 * donor.tissue_level
    rows, columns = np.nonzero(disc)
    y, x = np.mgrid[:128, :128]
    far = (y - rows.mean()) ** 2 + (x - columns.mean()) ** 2 > 24**2
    for seed in range(8):
        made = remove_lesion(donor, disc, np.random.default_rng(seed))
        assert made is not None
        assert made.grey[disc].mean() < halfway(donor)
        assert made.grey[disc].mean() > 0.5 * donor.lung_level
        assert np.array_equal(made.grey[far], donor.grey[far])
        assert not made.lesion.any()


def test_what_covers_differs_by_chance_and_not_by_seed_alone(donor: Anatomy, disc: Mask) -> None:
    made = [remove_lesion(donor, disc, np.random.default_rng(seed)) for seed in (0, 0, 1)]
    first, same, other = (one.grey for one in made if one is not None)
    assert np.array_equal(first, same)
    assert not np.array_equal(first, other)


def test_a_lesion_outside_of_the_lungs_or_as_large_as_they_are_stays(
    donor: Anatomy, disc: Mask
) -> None:
    rng = np.random.default_rng(0)
    outside = np.roll(disc, 64, axis=0) & ~donor.lungs
    assert outside.any()
    assert remove_lesion(donor, outside, rng) is None
    assert remove_lesion(donor, donor.lungs, rng) is None
    assert remove_lesion(donor, np.zeros_like(disc), rng) is None


def test_plain_lung_is_covered_beside_a_lesion_that_stays(donor: Anatomy, disc: Mask) -> None:
    made = [cover_plain_lung(donor, disc, disc, np.random.default_rng(s)) for s in range(10)]
    found = [one for one in made if one is not None]
    assert len(found) >= 5
    for one in found:
        assert np.array_equal(one.lesion, disc)
        assert np.array_equal(one.grey[disc], donor.grey[disc])
        changed = one.grey != donor.grey
        assert changed.any()
        assert not (changed & ~donor.lungs).any()
        assert one.grey[changed].mean() < halfway(donor)


def test_without_a_form_nothing_is_covered(donor: Anatomy, disc: Mask) -> None:
    rng = np.random.default_rng(0)
    assert cover_plain_lung(donor, disc, np.zeros_like(disc), rng) is None
