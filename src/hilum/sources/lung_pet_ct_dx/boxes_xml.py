"""PASCAL-VOC files with the boxes of one slice each, named by its SOP Instance UID."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from hilum.boxes import Box
from hilum.sources.lung_pet_ct_dx.tally import Tally

__all__ = ["Annotation", "boxes_within", "read_annotations"]

MOST_BYTES = 1 << 20
"""An annotation is about a kilobyte; what is a thousand times larger is none, and is not parsed."""

_UID = re.compile(r"\d+(?:\.\d+){4,}")
"""A UID anywhere in a name, such as `1.3.6.1.4.1.14519.5.2.1.6655.2359.1558 (1)`."""

_EDGES = ("xmin", "ymin", "xmax", "ymax")


@dataclass(frozen=True)
class Annotation:
    """The boxes of one slice as its file has them.

    Attributes:
        name: the file's name, without its folder.
        boxes: xmin, ymin, xmax, ymax of each object, in pixels, unchecked but for being numbers.
        size: (rows, columns) of the slice that they were drawn on, (0, 0) if not said.
    """

    name: str
    boxes: tuple[tuple[float, float, float, float], ...]
    size: tuple[int, int]


def read_annotations(files: Iterable[Path], tally: Tally) -> dict[str, Annotation]:
    """Return the annotations by SOP Instance UID; what can't be used is counted in `tally`.

    Where two files are for one slice, the first by path is taken, and the other counted unless
    it says the same.
    """
    found: dict[str, Annotation] = {}
    for file in sorted(files):
        root = _parse(file)
        if root is None:
            tally.add("XML files that are broken", file.name)
            continue
        if root.tag != "annotation":
            tally.add("XML files that are no annotation", file.name)
            continue
        uid = _uid(file.stem) or _uid(root.findtext("filename") or "")
        if not uid:
            tally.add("XML files whose name holds no SOP Instance UID", file.name)
            continue
        annotation = Annotation(file.name, tuple(_objects(root, file, tally)), _size(root))
        known = found.setdefault(uid, annotation)
        if known.boxes != annotation.boxes:
            tally.add("XML files that contradict an earlier one of the same slice", file.name)
    return found


def _parse(file: Path) -> ElementTree.Element | None:
    """Return the root of an XML file, or None where it can't be parsed."""
    try:
        if file.stat().st_size > MOST_BYTES:
            return None
        return ElementTree.fromstring(file.read_bytes())
    except (ElementTree.ParseError, ValueError, LookupError, OSError):
        return None


def _uid(name: str) -> str:
    """Return the UID in a name, or empty text."""
    match = _UID.search(name)
    return match[0] if match else ""


def _objects(
    root: ElementTree.Element, file: Path, tally: Tally
) -> Iterator[tuple[float, float, float, float]]:
    """Yield the edges of each object's box."""
    for item in root.iter("object"):
        box = item.find("bndbox")
        edges = [_number(box.findtext(edge)) if box is not None else None for edge in _EDGES]
        if any(edge is None for edge in edges):
            tally.add("boxes that lack an edge", file.name)
            continue
        left, top, right, bottom = (edge for edge in edges if edge is not None)
        yield left, top, right, bottom


def _number(text: str | None) -> float | None:
    """Return a finite number, or None."""
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _size(root: ElementTree.Element) -> tuple[int, int]:
    """Return rows and columns that the file says its slice has, (0, 0) if it doesn't."""
    sides = [_number(root.findtext(f"size/{side}")) for side in ("height", "width")]
    return (int(sides[0] or 0), int(sides[1] or 0))


def boxes_within(annotation: Annotation, shape: tuple[int, int], tally: Tally) -> list[Box]:
    """Return the boxes that lie in a slice of `shape` (rows, columns), each once.

    Edges are taken for lines between pixels, counted from 0 at the upper left corner, as
    labelling programs draw them; a fraction widens the box. Edges in the wrong order are put
    right and boxes that reach outside are cut, both counted; empty ones, and those that lie
    outside or were drawn on a slice of another size, are left out and counted.
    """
    if annotation.boxes and annotation.size not in ((0, 0), shape):
        tally.add("annotations drawn on a slice of another size, left out", annotation.name)
        return []
    found: list[Box] = []
    for left, top, right, bottom in annotation.boxes:
        if left > right or top > bottom:
            tally.add("boxes with edges in the wrong order, put right", annotation.name)
            left, right, top, bottom = *sorted((left, right)), *sorted((top, bottom))
        if left == right or top == bottom:
            tally.add("boxes without extent, left out", annotation.name)
            continue
        box = Box(math.floor(top), math.floor(left), math.ceil(bottom), math.ceil(right))
        clipped = Box(
            max(box.row_min, 0), max(box.col_min, 0),
            min(box.row_max, shape[0]), min(box.col_max, shape[1]),
        )  # fmt: skip
        if clipped.row_min >= clipped.row_max or clipped.col_min >= clipped.col_max:
            tally.add("boxes outside their slice, left out", annotation.name)
            continue
        if clipped != box:
            tally.add("boxes that reach outside their slice, cut", annotation.name)
        if clipped not in found:
            found.append(clipped)
    return found
