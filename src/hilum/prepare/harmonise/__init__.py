"""Harmonising slices: what is left of how a picture was made is taken out, the lungs stay."""

from hilum.prepare.harmonise.harmonising import (
    SIDE,
    STEPS,
    Harmonised,
    harmonise,
)
from hilum.prepare.harmonise.shown_part import ShownPart

__all__ = ["SIDE", "STEPS", "Harmonised", "ShownPart", "harmonise"]
