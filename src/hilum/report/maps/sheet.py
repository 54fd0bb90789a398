"""Maps of several slices, networks or layers side by side, for print: SVG, PDF or PNG."""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.textpath import TextPath

from hilum.boxes import Box
from hilum.cam_maps import CENTRED, in_slice_pixels
from hilum.report.maps.colours import GREEN, colours_of, overlaid

__all__ = ["ENDINGS", "Panel", "Sheet", "draw_sheet"]

ENDINGS = (".pdf", ".png", ".svg")
DOTS = 300
"""A printed inch, of the slices; text and boxes are drawn, not dotted."""
UNDATED: dict[str, dict[str, Any]] = {
    ".pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    ".png": {"Software": None},
    ".svg": {"Date": None, "Creator": None},
}
"""Equal input, equal file."""
MM = 1 / 25.4
"""Inches."""
LARGEST, SMALLEST = 42.0, 14.0
"""Side of a panel, mm."""
PAGE_HEIGHT = 240.0
"""What a page of print takes, mm."""
GAP, HEADING, SIDE_HEADING, LINE, BAR = 1.2, 7.5, 25.0, 2.7, 4.5
"""Between panels; above them; to their left; a line of small text; the colour bar: mm."""
MARGIN, LEAST_WIDTH = 1.5, 88.0
"""Around all; of the figure, so that the notes have room: mm."""
WORTH_TURNING = 1.2
"""How many times larger panels must get before rows and columns change places."""
A_LETTER = 1.3
"""Room for a letter of small text in the mean, mm."""
MOST_NOTES = 6
"""Lines, for which there is room on every page."""
TEXT, SMALL = 7.0, 6.0
"""Points: what stays readable in print."""
INK, FAINT = "#1a2230", "#4c5564"
BOX = tuple(level / 255 for level in GREEN)
SETTINGS: dict[Any, Any] = {
    "font.family": "DejaVu Sans",
    "pdf.fonttype": 42,  # the font is put into the file, as type that can be searched
    "svg.fonttype": "path",  # letters are drawn: whatever opens the file needs no font
    "svg.hashsalt": "hilum",
}


@dataclass(frozen=True)
class Panel:
    """A slice, with or without a map.

    Attributes:
        grey: (rows, columns) uint8.
        boxes: lesions, in pixels of the slice.
        share: the map, (rows, columns) float32 at any resolution, 0 to 1 (full red); None: the
            slice alone.
        lines: below it; of those that are too long the end is shown.
        offset: of the map, see `hilum.cam_maps.in_slice_pixels`.
    """

    grey: npt.NDArray[np.uint8]
    boxes: Sequence[Box]
    share: npt.NDArray[np.float32] | None = None
    lines: Sequence[str] = ()
    offset: tuple[float, float] = CENTRED


@dataclass(frozen=True)
class Sheet:
    """Panels in rows and columns, with headings, colour bar and notes.

    Attributes:
        rows, columns: headings; line feeds part their lines.
        panels: a list for each row; None leaves a place empty.
        bar: what the left and right end of the colour bar stand for.
        notes: below all, a line each.
    """

    rows: Sequence[str]
    columns: Sequence[str]
    panels: Sequence[Sequence[Panel | None]]
    bar: tuple[str, str]
    notes: Sequence[str]

    def turned(self) -> Sheet:
        """Return the sheet with its rows as columns."""
        columns = [list(column) for column in zip(*self.panels, strict=True)]
        return Sheet(self.columns, self.rows, columns, self.bar, self.notes)


def draw_sheet(sheet: Sheet, path: Path, *, ending: str, width: float = 180.0) -> None:
    """Draw a sheet into the file `path`, in the form that `ending` names.

    Rows and columns change places where the panels get larger by it.

    Args:
        sheet: what to draw.
        path: what stands there is replaced.
        ending: one of ENDINGS.
        width: of the page's columns, mm; the figure is as wide at the most, unless its panels would
            be smaller than SMALLEST.
    """
    room, turned = _room(sheet, width), _room(sheet.turned(), width)
    sheet, room = (sheet.turned(), turned) if turned > WORTH_TURNING * room else (sheet, room)
    side = max(SMALLEST, room)
    below = LINE * max(len(panel.lines) for row in sheet.panels for panel in row if panel) + GAP
    wide = max(LEAST_WIDTH, SIDE_HEADING + len(sheet.columns) * (side + GAP))
    notes = [line for note in sheet.notes for line in textwrap.wrap(note, int(wide / A_LETTER))]
    foot = BAR + LINE * len(notes) + GAP
    tall = HEADING + len(sheet.rows) * (side + below) + foot
    with mpl.rc_context(SETTINGS), warnings.catch_warnings():
        # a letter that DejaVu Sans lacks is drawn as an empty frame
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        page = _Page(wide, tall)
        _draw_panels(page, sheet, side, below)
        _draw_foot(page, sheet.bar, notes, tall - foot + GAP)
        page.figure.savefig(path, dpi=DOTS, format=ending[1:], metadata=UNDATED[ending])


def _draw_panels(page: _Page, sheet: Sheet, side: float, below: float) -> None:
    """Draw the panels and their headings."""
    for number, heading in enumerate(sheet.columns):
        middle = SIDE_HEADING + number * (side + GAP) + side / 2
        page.write(middle, HEADING - 2, heading, size=TEXT, at=("center", "baseline"))
    for number, (heading, panels) in enumerate(zip(sheet.rows, sheet.panels, strict=True)):
        top = HEADING + number * (side + below)
        page.write(0, top + side / 2, _wrapped(heading), size=TEXT, at=("left", "center"))
        for column, panel in enumerate(panels):
            if panel is not None:
                _draw_panel(page, panel, (SIDE_HEADING + column * (side + GAP), top), side)


def _wrapped(heading: str) -> str:
    """Return a row's heading in lines that fit beside its panels."""
    lines = []
    for line in heading.split("\n"):
        parts, letters = [line], len(line)
        while letters > 1 and max(map(_width, parts)) > SIDE_HEADING - GAP:
            letters -= 1
            parts = textwrap.wrap(line, letters)
        lines += parts
    return "\n".join(lines)


def _width(heading: str) -> float:
    """Return the width of one line of a heading, mm."""
    path = TextPath((0, 0), heading, size=TEXT, prop=FontProperties(SETTINGS["font.family"]))
    return float(path.get_extents().width) / 72 / MM


def _room(sheet: Sheet, width: float) -> float:
    """Return the side of the largest panels that fit a page of this width, mm."""
    below = LINE * max(len(panel.lines) for row in sheet.panels for panel in row if panel) + GAP
    across = (width - 2 * MARGIN - SIDE_HEADING) / len(sheet.columns) - GAP
    down = (PAGE_HEIGHT - HEADING - BAR - MOST_NOTES * LINE) / len(sheet.rows) - below
    return min(LARGEST, across, down)


class _Page:
    """A figure measured in mm from the upper left corner within its margin."""

    def __init__(self, wide: float, tall: float) -> None:
        self.wide, self.tall = wide + 2 * MARGIN, tall + 2 * MARGIN
        self.figure = Figure(figsize=(self.wide * MM, self.tall * MM), facecolor="white")
        FigureCanvasAgg(self.figure)

    def axes(self, left: float, top: float, wide: float, tall: float) -> Axes:
        """Return bare axes at a place."""
        left, top = left + MARGIN, top + MARGIN
        axes = self.figure.add_axes(
            (left / self.wide, 1 - (top + tall) / self.tall, wide / self.wide, tall / self.tall)
        )
        axes.set_axis_off()
        return axes

    def write(
        self, left: float, top: float, text: str, *, size: float, at: tuple[str, str],
        colour: str = INK,
    ) -> None:  # fmt: skip
        """Write a text, `at` its horizontal and vertical side, as it is."""
        self.figure.text(
            (left + MARGIN) / self.wide, 1 - (top + MARGIN) / self.tall, text,
            fontsize=size, color=colour, ha=at[0], va=at[1], linespacing=1.25, parse_math=False,
        )  # fmt: skip


def _draw_panel(page: _Page, panel: Panel, corner: tuple[float, float], side: float) -> None:
    """Draw a panel into a square, its lines below; an oblong slice stands in the middle."""
    rows, columns = panel.grey.shape
    scale = side / max(rows, columns)
    wide, tall = columns * scale, rows * scale
    left, top = corner[0] + (side - wide) / 2, corner[1] + (side - tall) / 2
    axes = page.axes(left, top, wide, tall)
    shape = tuple(max(1, round(length * MM * DOTS)) for length in (tall, wide))
    axes.imshow(
        _picture(panel, (shape[0], shape[1])), interpolation="none", aspect="auto",
        extent=(0, columns, rows, 0),
    )  # fmt: skip
    for box in panel.boxes:
        edge = Rectangle(
            (box.col_min, box.row_min), box.col_max - box.col_min, box.row_max - box.row_min,
            fill=False, edgecolor=BOX, linewidth=0.7,
        )  # fmt: skip
        axes.add_patch(edge)
    letters = int(side / A_LETTER)
    for number, line in enumerate(panel.lines):
        text = line if len(line) <= letters else f"…{line[1 - letters :]}"
        at = corner[0] + side / 2, corner[1] + side + 0.5 + number * LINE
        page.write(*at, text, size=SMALL, at=("center", "top"))


def _picture(panel: Panel, shape: tuple[int, int]) -> npt.NDArray[np.uint8]:
    """Return (rows, columns, 3) uint8 of the slice under its map."""
    smaller = shape[0] < panel.grey.shape[0]
    how = cv2.INTER_AREA if smaller else cv2.INTER_CUBIC
    plain = cv2.resize(panel.grey, (shape[1], shape[0]), interpolation=how)
    picture = np.repeat(np.asarray(plain, dtype=np.uint8)[:, :, None], 3, axis=2)
    if panel.share is None:
        return picture
    return overlaid(picture, in_slice_pixels(panel.share, shape, panel.offset))


def _draw_foot(page: _Page, ends: tuple[str, str], notes: Sequence[str], top: float) -> None:
    """Draw the colour bar with what its two ends stand for, and the notes."""
    bar = page.axes(SIDE_HEADING, top, 30, 2)
    colours = colours_of(np.linspace(0, 1, 256))[None].astype(np.uint8)
    bar.imshow(colours, aspect="auto", interpolation="none")
    low, high = ends
    page.write(SIDE_HEADING - 1, top + 1, low, size=SMALL, at=("right", "center"))
    page.write(SIDE_HEADING + 31, top + 1, high, size=SMALL, at=("left", "center"))
    for number, note in enumerate(notes):
        page.write(
            0, top + BAR - GAP + number * LINE, note, size=SMALL, at=("left", "top"), colour=FAINT
        )
