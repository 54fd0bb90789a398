"""Removing annotations from slices: arrows, letters and frames are detected and filled in."""

from hilum.prepare.clean.cleaning import Cleaned, clean_picture
from hilum.prepare.clean.kinds import KINDS

__all__ = ["KINDS", "Cleaned", "clean_picture"]
