"""Lesions put into slices that have none, cut out of others or drawn, and lesions taken away."""

from hilum.prepare.crossing.anatomy import Anatomy, find_anatomy
from hilum.prepare.crossing.drawn import draw_opacities, draw_tumour
from hilum.prepare.crossing.made import Made
from hilum.prepare.crossing.removal import cover_plain_lung, remove_lesion
from hilum.prepare.crossing.transplant import move_plain_lung, transplant

__all__ = [
    "Anatomy",
    "Made",
    "cover_plain_lung",
    "draw_opacities",
    "draw_tumour",
    "find_anatomy",
    "move_plain_lung",
    "remove_lesion",
    "transplant",
]
