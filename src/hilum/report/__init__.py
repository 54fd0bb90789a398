"""The report of a run: one self-contained HTML file and its figures as SVG."""

from __future__ import annotations

from hilum.report.run.render import render, write_report

__all__ = ["render", "write_report"]
