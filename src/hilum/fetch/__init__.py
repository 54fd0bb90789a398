"""Fetching a collection: over HTTP, resumable, every file checked, its terms kept next to it."""

from __future__ import annotations

from hilum.fetch.fetching import Fetched, Planned, fetch_collection, plan_fetch
from hilum.fetch.options import FetchOptions
from hilum.fetch.patience import Patience

__all__ = [
    "FetchOptions",
    "Fetched",
    "Patience",
    "Planned",
    "fetch_collection",
    "plan_fetch",
]
