"""Wide augmentation: tone, sharpness and noise, so that no scanner's look is worth learning."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F

from hilum.recipe import Augmentation

__all__ = ["change_look", "changes_look"]

GAMMA, CONTRAST, BRIGHTNESS = 0.45, 0.3, 0.15
"""Largest changes at full strength: of the logarithm of gamma, of contrast, of brightness (a share
of the grey levels)."""
WINDOW = (0.12, 0.2)
"""Share of the grey levels that a narrower window cuts off below and above, at full strength."""
REDUCED = (0.4, 0.9)
"""By how much a slice is reduced before it is enlarged again."""
SHARPENED = (0.3, 1.5)
"""Share of the difference to the slice's blurred self that is added."""
SHARPEN_SHARE = 0.4
"""Of the slices whose sharpness is changed, those that are sharpened."""
NOISY = 0.5
"""Share of the slices that get noise."""
COARSE = 1.5
"""Factor of coarse noise, drawn at half the resolution, whose enlarging evens it out."""


def changes_look(settings: Augmentation) -> bool:
    """Whether the settings change more than the geometry."""
    return bool(settings.tone or settings.sharpness or settings.noise)


def change_look(grey: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """Return slices (n, 1, side, side) float32, 0..255, as other scanners might show them.

    Args:
        grey: grey levels on the processor.
        settings: `tone`, `sharpness` and `noise`.
        generator: chance.
    """
    levels = _tone(grey / 255, settings.tone, generator) if settings.tone else grey / 255
    each = [_look(one[None], settings, generator) for one in levels]
    return torch.cat(each).clamp(0, 1) * 255


def _uniform(generator: torch.Generator, *shape: int, low: float, high: float) -> Tensor:
    return torch.rand(shape, generator=generator) * (high - low) + low


def _tone(levels: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """Return levels 0..1 with another gamma, contrast, brightness and window."""
    shape = (len(levels), 1, 1, 1)
    gamma = _uniform(generator, *shape, low=-GAMMA, high=GAMMA) * strength
    contrast = 1 + _uniform(generator, *shape, low=-CONTRAST, high=CONTRAST) * strength
    shift = _uniform(generator, *shape, low=-BRIGHTNESS, high=BRIGHTNESS) * strength
    cut = [
        _uniform(generator, *shape, low=0, high=largest * strength)
        * (torch.rand(shape, generator=generator) < 0.5)
        for largest in WINDOW
    ]
    changed = (levels ** torch.exp(gamma) - 0.5) * contrast + 0.5 + shift
    return ((changed - cut[0]) / (1 - cut[1] - cut[0])).clamp(0, 1)


def _look(levels: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
    """Return one slice (1, 1, side, side) with another sharpness and noise."""
    changed, sharpened, noisy, coarse = torch.rand(4, generator=generator).tolist()
    if changed < settings.sharpness:
        levels = (
            _sharpened(levels, generator)
            if sharpened < SHARPEN_SHARE
            else _reduced(levels, generator)
        )
    if settings.noise and noisy < NOISY:
        levels = levels + _noise(levels, settings.noise, generator, coarse=coarse < 0.5)
    return levels


def _reduced(levels: Tensor, generator: torch.Generator) -> Tensor:
    """Return a slice reduced and enlarged again."""
    side = int(levels.shape[-1])
    small = max(8, round(side * float(_uniform(generator, 1, low=REDUCED[0], high=REDUCED[1]))))
    reduced = F.interpolate(levels, size=small, mode="bilinear", antialias=True)
    return F.interpolate(reduced, size=side, mode="bilinear")


def _sharpened(levels: Tensor, generator: torch.Generator) -> Tensor:
    """Return a slice sharpened (unsharp masking)."""
    blurred = F.avg_pool2d(F.pad(levels, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    share = float(_uniform(generator, 1, low=SHARPENED[0], high=SHARPENED[1]))
    return levels + share * (levels - blurred)


def _noise(levels: Tensor, most: float, generator: torch.Generator, *, coarse: bool) -> Tensor:
    """Return noise of a random strength, fine or coarse, as large as a slice."""
    side = int(levels.shape[-1])
    strength = float(_uniform(generator, 1, low=0, high=most))
    if not coarse:
        return torch.randn(levels.shape, generator=generator) * strength
    small = torch.randn((1, 1, -(-side // 2), -(-side // 2)), generator=generator)
    return F.interpolate(small, size=side, mode="bilinear") * (strength * COARSE)
