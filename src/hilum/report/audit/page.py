"""From audit.json to a page and figures; nothing is computed here."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hilum.report.audit.figures import audit_drawings
from hilum.report.metric_titles import PROBES
from hilum.report.numbers import signed
from hilum.report.page import fill_page
from hilum.storage.atomic import write_text

__all__ = ["render_audit", "write_audit"]

Content = Mapping[str, Any]

TITLES = {
    "design": "Class and source",
    "leaks": "Leaks",
    "groups": "Groups and patients",
    "attributes": "Attributes",
    "probes": "Probes",
    "masking": "Parts of the slice",
    "run": "The run beside the probes",
}
KINDS = {
    "whole": "whole",
    "lungs_only": "lungs only",
    "no_lungs": "no lungs",
    "border_only": "border only",
    "no_centre": "no centre",
    "no_lesion": "no lesion",
}


def write_audit(content: Content, folder: Path) -> None:
    """Write audit.html and figures/*.svg.

    Raises:
        StorageError: the disk refused.
    """
    for name, drawing in audit_drawings(content, PROBES).items():
        write_text(folder / "figures" / f"{name}.svg", drawing.svg)
    write_text(folder / "audit.html", render_audit(content))


def render_audit(content: Content) -> str:
    """Return audit.html: one self-contained page, no script, nothing loaded from elsewhere."""
    given = {"content": content, "titles": TITLES, "probes": PROBES, "kinds": KINDS}
    return fill_page(
        "audit.html", given, audit_drawings(content, PROBES), styles=("report", "audit"),
        filters={"shade": shade, "probability": probability, "signed": signed},
    )  # fmt: skip


def shade(value: float | None) -> str:
    """Return the style class of an AUC in the matrix: how far it is from chance."""
    if value is None:
        return "none"
    return f"s{min(5, max(0, int((value - 0.5) * 10 + 0.5)))}"


def probability(value: float) -> str:
    """Return a p value with two significant digits, none below what was dealt."""
    return "1" if value >= 0.995 else f"{value:.2g}"
