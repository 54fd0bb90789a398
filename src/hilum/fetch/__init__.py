"""Fetch collections over HTTP: resumable, every file checked, terms of use stored with them."""

from __future__ import annotations

from hilum.fetch.collection import Fetched, Planned, fetch_collection, plan_fetch
from hilum.fetch.options import FetchOptions, Patience

__all__ = [
    "FetchOptions",
    "Fetched",
    "Patience",
    "Planned",
    "fetch_collection",
    "plan_fetch",
]
