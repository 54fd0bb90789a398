"""Fetching a collection: over HTTP, resumable, every file checked, its terms kept next to it."""

from __future__ import annotations

from hilum.sources.fetch.fetching import Fetched, Planned, fetch_collection, plan_fetch
from hilum.sources.fetch.options import FetchOptions
from hilum.sources.fetch.patience import Patience

__all__ = [
    "FetchOptions",
    "Fetched",
    "Patience",
    "Planned",
    "fetch_collection",
    "plan_fetch",
]
