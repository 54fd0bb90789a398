"""Time of a training: measured by a few steps beforehand, and what is left of it on the way."""

from __future__ import annotations

__all__: list[str] = []
