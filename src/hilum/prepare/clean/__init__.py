"""Annotations found in slices and filled in from what surrounds them: arrows, letters, frames."""

from hilum.prepare.clean.cleaning import Cleaned, clean_picture
from hilum.prepare.clean.kinds import KINDS

__all__ = ["KINDS", "Cleaned", "clean_picture"]
