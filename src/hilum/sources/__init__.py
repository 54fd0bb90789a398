"""Sources of slices: collections with their layout, citation, terms and pitfalls."""

from __future__ import annotations

from hilum.sources.build import SOURCES, BuildResult, build_table, gather_table
from hilum.sources.options import BuildOptions, Source
from hilum.sources.phantom.settings import PhantomSettings

__all__ = [
    "SOURCES",
    "BuildOptions",
    "BuildResult",
    "PhantomSettings",
    "Source",
    "build_table",
    "gather_table",
]
