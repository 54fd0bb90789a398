"""The wide augmentation: nothing at zero strength, within the grey levels, the same by its seed."""

from __future__ import annotations

import torch

from hilum.learn.robust.wide import change_look, changes_look
from hilum.recipe import Augmentation

WIDE = Augmentation(tone=0.9, sharpness=0.9, noise=0.1)


def slices() -> torch.Tensor:
    return torch.rand(6, 1, 32, 32, generator=torch.Generator().manual_seed(0)) * 255


def changed(settings: Augmentation, seed: int = 0) -> torch.Tensor:
    return change_look(slices(), settings, torch.Generator().manual_seed(seed))


def test_no_strength_changes_nothing() -> None:
    assert not changes_look(Augmentation())
    assert torch.allclose(changed(Augmentation()), slices(), atol=1e-3)


def test_changes_stay_grey_levels_and_follow_from_the_seed() -> None:
    assert changes_look(WIDE)
    assert 0 <= changed(WIDE).min() <= changed(WIDE).max() <= 255
    assert torch.equal(changed(WIDE), changed(WIDE))
    assert not torch.equal(changed(WIDE), changed(WIDE, seed=1))


def test_tone_keeps_the_order_of_grey_levels() -> None:
    ramp = torch.linspace(0, 255, 64).reshape(1, 1, 1, 64).repeat(4, 1, 1, 1)
    toned = change_look(ramp, Augmentation(tone=0.9), torch.Generator().manual_seed(2))
    assert (toned.diff(dim=-1) >= -1e-3).all()


def test_noise_is_at_most_as_strong_as_its_setting() -> None:
    grey = torch.full((40, 1, 32, 32), 127.0)
    noisy = change_look(grey, Augmentation(noise=0.1), torch.Generator().manual_seed(1))
    spread = noisy.flatten(1).std(dim=1)
    assert 10 <= (spread == 0).sum() <= 30
    assert 5 < spread.max() < 0.11 * 255
