"""Finding the lungs in a slice, in whatever window it is shown, and how well they are in sight."""

from hilum.prepare.lungs.dark_parts import body_mask, lungs_mask
from hilum.prepare.lungs.finding import Lungs, find_lungs
from hilum.prepare.lungs.quality import CODES, CUT, NO_LUNG, NOT_A_CHEST, OK, ONE_LUNG

__all__ = [
    "CODES",
    "CUT",
    "NOT_A_CHEST",
    "NO_LUNG",
    "OK",
    "ONE_LUNG",
    "Lungs",
    "body_mask",
    "find_lungs",
    "lungs_mask",
]
