"""Harmonising slices: what is left of how a picture was made is taken out, the lungs stay."""

from hilum.prepare.harmonise.harmonising import (
    GROUND,
    SIDE,
    STEPS,
    Harmonised,
    harmonise,
)
from hilum.prepare.harmonise.shown_part import ShownPart
from hilum.prepare.harmonise.tones import TISSUE

__all__ = ["GROUND", "SIDE", "STEPS", "TISSUE", "Harmonised", "ShownPart", "harmonise"]
