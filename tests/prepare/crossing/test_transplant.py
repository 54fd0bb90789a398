"""Transplants: the lesion arrives in the lungs, at this slice's grey levels; so does plain lung."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hilum.prepare.crossing import Anatomy, move_plain_lung, transplant

Mask = npt.NDArray[np.bool_]


def test_a_transplant_is_as_bright_as_tissue_here(
    anatomy: Anatomy, donor: Anatomy, disc: Mask
) -> None:
    made = [transplant(anatomy, donor, disc, np.random.default_rng(seed)) for seed in range(10)]
    found = [one for one in made if one is not None]
    assert len(found) >= 6
    for one in found:
        assert (one.lesion & anatomy.lungs).sum() >= 0.6 * one.lesion.sum()
        core = one.grey[one.lesion & anatomy.lungs]
        assert np.median(core) > 0.8 * anatomy.tissue_level
    sizes = [one.lesion.sum() for one in found]
    assert max(sizes) > 2 * min(sizes)


def test_plain_lung_is_moved_without_a_lesion(anatomy: Anatomy, disc: Mask) -> None:
    made = [move_plain_lung(anatomy, anatomy, disc, np.random.default_rng(s)) for s in range(5)]
    found = [one for one in made if one is not None]
    assert found
    for one in found:
        changed = one.grey != anatomy.grey
        assert changed.any()
        assert not one.lesion.any()
        limit = anatomy.lung_level + 0.7 * (anatomy.tissue_level - anatomy.lung_level)
        assert one.grey[changed & anatomy.lungs].mean() < limit
