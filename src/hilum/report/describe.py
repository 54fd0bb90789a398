"""Render cohort.json as a page, a CSV and figures; nothing is computed here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from hilum.report.canvas import INK, NETWORK, PROBE, SERIES, Drawing, draw, plain
from hilum.report.numbers import MISSING
from hilum.report.page import fill_page
from hilum.storage.atomic import write_text
from hilum.table import write_csv

__all__ = ["cohort_rows", "render_cohort", "write_cohort"]

Content = Mapping[str, Any]
COLUMNS = (
    "characteristic", "value", "label", "slices", "groups", "share", "share_of_groups", "number",
    "slice_id",
)  # fmt: skip
MOST_BARS = 10
"""Values of a characteristic shown in a figure; the table has them all."""
SHORT_NAME = 28
"""Characters of a value that fit next to a bar."""
DRAWN = ("sex", "organism_class", "stage_t", "stage_n", "histology", "smoking")
"""Characteristics with a figure, apart from the ages."""


def write_cohort(content: Content, folder: Path) -> None:
    """Write cohort.html, cohort.csv and figures/*.svg.

    Raises:
        StorageError: the disk refused.
    """
    for name, drawing in _drawings(content).items():
        write_text(folder / "figures" / f"{name}.svg", drawing.svg)
    write_csv(cohort_rows(content), folder / "cohort.csv", escape=True)
    write_text(folder / "cohort.html", render_cohort(content))


def render_cohort(content: Content) -> str:
    """Return cohort.html: one self-contained page, no script, nothing loaded from elsewhere."""
    return fill_page(
        "describe.html", {"content": content}, _drawings(content),
        styles=("report", "series", "describe"),
        filters={"percent": percent, "plain_number": plain_number},
    )  # fmt: skip


def percent(count: int, total: int) -> str:
    """Return a share in percent with one decimal; a dash where `total` is 0."""
    return f"{100 * count / total:.1f} %" if total else MISSING


def plain_number(value: float | None) -> str:
    """Return a number with at most one decimal."""
    return MISSING if value is None else f"{value:.1f}".removesuffix(".0")


def cohort_rows(content: Content) -> pd.DataFrame:
    """Return every count and number, one a row, all text.

    Columns: characteristic, value, label; slices and groups of a value and their shares of the
    class's slices and groups; number, where `value` names a figure (mean, median, known, ...);
    slice_id, of what the paper would have left out.
    """
    records = [{name: str(row.get(name, "")) for name in COLUMNS} for row in _records(content)]
    return pd.DataFrame(records, columns=list(COLUMNS), dtype=str)


def _records(content: Content) -> Iterator[dict[str, Any]]:
    """Yield the rows of cohort.csv."""
    for label, counts in content["counts"].items():
        yield from _numbered("counts", label, counts)
    for table in [{"name": "source", "rows": content["sources"]}, *content["tables"]]:
        yield from _counted(table, content["counts"])
    for numbers in content["numbers"]:
        for label, cell in numbers["cells"].items():
            yield from _numbered(numbers["name"], label, cell)
    for count in content["exclusions"]:
        for slice_id in count["slices"]:
            yield {"characteristic": "exclusion", "value": count["reason"], "slice_id": slice_id}


def _numbered(name: str, label: str, numbers: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for value, number in numbers.items():
        yield {"characteristic": name, "value": value, "label": label, "number": number}


def _counted(table: Content, totals: Mapping[str, Content]) -> Iterator[dict[str, Any]]:
    for row in table["rows"]:
        for label, cell in row["cells"].items():
            yield {
                "characteristic": table["name"], "value": row["value"], "label": label,
                "slices": cell["slices"], "groups": cell["groups"],
                "share": f"{cell['slices'] / totals[label]['slices']:.4f}",
                "share_of_groups": f"{cell['groups'] / totals[label]['groups']:.4f}",
            }  # fmt: skip


def _drawings(content: Content) -> dict[str, Drawing]:
    """Return the figures by name."""
    colours, found = _colours(content["labels"]), {}
    for table in content["tables"]:
        shown = {label: colours[label] for label in _known_of(table, content["labels"])}
        if table["name"] in DRAWN and shown:
            text = _bars_text(table, list(shown))
            found[table["name"]] = Drawing(_bars(table, shown, content), text)
    for numbers in content["numbers"]:
        shown = {label: colours[label] for label, cell in numbers["cells"].items() if cell["known"]}
        if "histogram" in numbers and shown:
            found["ages"] = Drawing(_ages(numbers, shown), _ages_text(numbers, list(shown)))
    return found


def _known_of(table: Content, labels: Sequence[str]) -> list[str]:
    """Return the classes with at least one known value."""
    known = [row["cells"] for row in table["rows"] if row["value"] != "unknown"]
    return [label for label in labels if any(cells[label]["slices"] for cells in known)]


def _colours(labels: Sequence[str]) -> dict[str, str]:
    """Return a colour for each class: the two accents for two classes."""
    colours = (NETWORK, PROBE) if len(labels) <= 2 else SERIES
    return {label: colours[index % len(colours)] for index, label in enumerate(labels)}


def _bars(table: Content, colours: Mapping[str, str], content: Content) -> str:
    """Draw the share of each value in its class, one bar per class."""
    labels = list(colours)
    rows = table["rows"][:MOST_BARS]
    names = [str(row["value"])[:SHORT_NAME] for row in rows]
    high = 0.8 / len(labels)

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        for index, label in enumerate(labels):
            total = content["counts"][label]["slices"]
            shares = [100 * row["cells"][label]["slices"] / total for row in rows]
            at = [number + (index - (len(labels) - 1) / 2) * high for number in range(len(rows))]
            axes.barh(at, shares, height=high * 0.92, color=colours[label], label=label)
            for y, share, row in zip(at, shares, rows, strict=True):
                axes.annotate(str(row["cells"][label]["slices"]), (share, y), (4, 0), va="center",
                              textcoords="offset points", fontsize=8, color=INK)  # fmt: skip
        axes.set_yticks(range(len(rows)), names)
        axes.invert_yaxis()
        axes.set_xlabel("% of the class's slices; the number: slices")
        axes.margins(x=0.12)
        _legend(axes, labels)

    return draw((6.2, 0.9 + 0.34 * len(rows) * max(1.0, 0.7 * len(labels))), paint)


def _ages(numbers: Content, colours: Mapping[str, str]) -> str:
    """Draw the histogram of ages, one step line per class."""
    edges, labels = numbers["bins"], list(colours)

    def paint(figure: Figure) -> None:
        axes = figure.add_subplot()
        for label in labels:
            counts = numbers["histogram"][label]
            axes.stairs([100 * count / sum(counts) for count in counts], edges, linewidth=2,
                        color=colours[label], label=label)  # fmt: skip
        axes.set_xlabel("Age, years")
        axes.set_ylabel("% of slices with a known age")
        axes.set_xlim(edges[0], edges[-1])
        axes.set_ylim(bottom=0)
        _legend(axes, labels)

    return draw((6.2, 2.8), paint)


def _legend(axes: Any, labels: Sequence[str]) -> None:
    if len(labels) > 1:
        axes.legend(loc="best", fontsize=9)
    plain(axes)


def _bars_text(table: Content, labels: Sequence[str]) -> str:
    parts = [
        f"{row['value']} "
        + ", ".join(f"{label} {row['cells'][label]['slices']}" for label in labels)
        for row in table["rows"][:MOST_BARS]
    ]
    return f"{table['title']}, slices: {'; '.join(parts)}."


def _ages_text(numbers: Content, labels: Sequence[str]) -> str:
    parts = [
        f"{label}: median {plain_number(numbers['cells'][label].get('median'))} years, "
        f"{numbers['cells'][label]['known']} of {numbers['cells'][label]['of']} slices known"
        for label in labels
    ]
    return f"Histogram of ages. {'; '.join(parts)}."
