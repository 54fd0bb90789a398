"""The report of a repeated training: the metrics of each seed, and how far they spread."""

from __future__ import annotations

from hilum.report.repeated.page import repeated_page

__all__ = ["repeated_page"]
