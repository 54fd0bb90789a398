"""Phantoms: synthetic chest slices whose lesions and shortcuts are dials.

They prove that the machinery works, not that a network knows medicine.
"""

from __future__ import annotations

from hilum.sources.phantom.settings import CLASSES, PhantomSettings

__all__ = ["CLASSES", "PhantomSettings"]
