"""What is compared of a file: its text without numbers, and a hash of all but times and machine."""

from __future__ import annotations

import csv
import hashlib
import html
import io
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from itertools import groupby
from pathlib import Path
from typing import Any

from golden_road import CACHE, MACHINE, SAID

__all__ = ["exact_hash", "files_of", "portable_text"]

LEFT_OUT = ("environment.json", MACHINE)
OF_THE_MACHINE = {
    "cores", "device", "hilum", "packages", "platform", "processor", "python", "seconds", "started",
}  # fmt: skip
"""Keys and columns that tell when, how fast and on what a file was made."""
DRAWN_TIMES, OF_TIMES = "time.svg", "#time-"
"""The drawing of training times, and what it is known by where it stands in a page. Its labels
stand in the order of the times, which are chance: they are sorted."""
OF_CHANCE = {"predicted", "called", "best", "best_epoch"}
"""Columns that a last digit may turn over."""
FIGURE = {"value", "low", "high"}
MASK, GONE = "#", "~"

_NUMBER = re.compile(r"(?<![\w.])[-+−]?\d+(?:,\d{3})*(?:\.\d+)?(?:e[-+]?\d+)?(?![\w.]*[a-z])|\d+")
_TIMES = re.compile(
    r"\d{4}-\d\d-\d\dT[\d:]+(?:\+[\d:]+|Z)?"  # started
    r"|\d{4}-\d\d-\d\d(?: \d\d:\d\d(?::\d\d)?)?"
    r"|\b\d{1,2} (?:January|February|March|April|May|June|July|August|September|October|November"
    r"|December) \d{4}\b"
    r"|\b\d+(?:\.\d+)? (?:s|min|h|seconds|minutes|hours)\b"
    r"|hilum \d+\.\d+\.\d+\S*"
)
_PROGRESS = re.compile(r"^[^:\n]+: \d+ of \d+\n", re.MULTILINE)
_SVG = re.compile(r"<svg\b.*?</svg>", re.DOTALL)
_DRAWN = re.compile(r"<(style|svg|script)\b.*?</\1>|data:[\w/+;-]+;base64,[\w+/=]+", re.DOTALL)
_SVG_TEXT = re.compile(r"<text\b[^>]*>(.*?)</text>", re.DOTALL)
_LETTERS = re.compile(r"[^\W\d_]{2}")


def files_of(folder: Path) -> dict[str, Path]:
    """Return the path within `folder` of every file that is compared, sorted."""
    found = (path for path in folder.rglob("*") if path.is_file())
    named = {path.relative_to(folder).as_posix(): path for path in found}
    return {
        name: named[name]
        for name in sorted(named)
        if name.split("/")[0] != CACHE and named[name].name not in LEFT_OUT
    }


def exact_hash(path: Path, names: Sequence[str]) -> str:
    """Return the first 16 digits of the SHA-256 of a file without times and machine.

    Args:
        path: the file.
        names: of processor and system, which are left out wherever they stand.
    """
    return hashlib.sha256(_normalised(path, names)).hexdigest()[:16]


def _normalised(path: Path, names: Sequence[str]) -> bytes:
    """Return a file's content without times and machine."""
    if path.name == DRAWN_TIMES:
        return portable_text(path, names).encode()
    if path.suffix not in {".json", ".csv", ".html", ".svg", ".md", ".txt"}:
        return path.read_bytes()
    text = _read(path, names)
    if path.suffix == ".json":
        text = json.dumps(_without_machine(json.loads(text)))
    elif path.suffix == ".csv":
        rows = _rows(text)
        gone = [column in OF_THE_MACHINE for column in rows[0]]
        text = repr([[GONE if g else c for c, g in zip(row, gone, strict=True)] for row in rows])
    elif path.suffix == ".html":
        text = _SVG.sub(lambda found: GONE if OF_TIMES in found[0] else found[0], text)
    return _TIMES.sub(GONE, text).encode()


def _without_machine(content: Any) -> Any:
    """Return JSON with what is of the machine gone."""
    if isinstance(content, dict):
        return {
            key: GONE if key in OF_THE_MACHINE else _without_machine(value)
            for key, value in content.items()
        }
    return [_without_machine(one) for one in content] if isinstance(content, list) else content


def _read(path: Path, names: Sequence[str]) -> str:
    """Return a file's text without `names`, and without lines that come when work takes long."""
    text = path.read_text(encoding="utf-8")
    for name in filter(None, names):
        text = text.replace(name, GONE)
    return _PROGRESS.sub("", text) if path.parent.name == SAID else text


def portable_text(path: Path, names: Sequence[str]) -> str:
    """Return what every machine should write alike of a file, for reading; `names` as above."""
    readers = {
        ".json": _json_lines, ".csv": _csv_lines, ".html": _html_lines, ".svg": _svg_lines,
        ".md": _masked_lines, ".txt": _masked_lines, ".toml": str.splitlines,
    }  # fmt: skip
    if path.suffix in readers:
        lines = list(readers[path.suffix](_read(path, names)))
    else:
        lines = [_form_of(path)]
    if path.name == DRAWN_TIMES:
        lines.sort()
    return "".join(f"{line}\n" for line in _counted(lines))


def _counted(lines: list[str]) -> Iterator[str]:
    """Yield lines, several equal ones in a row as one with their number."""
    for line, same in groupby(lines):
        count = len(list(same))
        yield line if count == 1 else f"{line}    (x {count})"


def _masked(text: str) -> str:
    """Return text in one line, its numbers masked."""
    return " ".join(_NUMBER.sub(MASK, _TIMES.sub(GONE, text)).split())


def _masked_lines(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield line if line.startswith("$ ") else _masked(line)


def _json_lines(text: str) -> Iterator[str]:
    """Yield the keys as a tree, those with the same below them together, and what is there."""
    yield from _form(json.loads(text), "")


def _form(content: Any, key: str) -> tuple[str, ...]:
    """Return the lines of what stands under a key."""
    if isinstance(content, dict) and set(content) >= FIGURE:
        return ("a figure: value, low, high",)
    if isinstance(content, dict) and content:
        alike: dict[tuple[str, ...], list[str]] = {}
        for below, value in content.items():
            alike.setdefault(_form(value, below), []).append(below)
        return tuple(line for form, keys in alike.items() for line in _under(keys, form))
    if isinstance(content, list) and content:
        forms = dict.fromkeys(_form(value, key) for value in content)
        if all(len(form) == 1 for form in forms):
            return (f"[{' | '.join(sorted(line for (line,) in forms))}]",)
        return tuple(line for form in forms for line in _under(["[]"], form))
    if isinstance(content, str) and key not in OF_THE_MACHINE | OF_CHANCE:
        return (json.dumps(_masked(content), ensure_ascii=False),)
    return ({dict: "{}", list: "[]"}.get(type(content), type(content).__name__),)


def _under(keys: list[str], form: tuple[str, ...]) -> Iterator[str]:
    """Yield keys with their form behind them, or, where it has several lines, below them."""
    named = ", ".join(map(_masked, keys))
    if len(form) == 1:
        yield f"{named}: {form[0]}"
        return
    yield f"{named}:"
    yield from (f" {line}" for line in form)


def _csv_lines(text: str) -> Iterator[str]:
    """Yield header, number of rows, and the rows without columns of numbers with a fraction."""
    header, *rows = _rows(text)
    yield ",".join(header)
    yield f"{len(rows)} rows"
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(header)
    masked = [
        name in OF_CHANCE | OF_THE_MACHINE or _fractions(column)
        for name, column in zip(header, columns, strict=True)
    ]
    for row in rows:
        yield ",".join(
            (MASK if cell else "") if gone else _masked(cell) if " " in cell else cell
            for cell, gone in zip(row, masked, strict=True)
        )


def _rows(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def _fractions(column: tuple[str, ...]) -> bool:
    """Whether a column holds numbers, not all of them whole."""
    full = True
    for cell in filter(None, column):
        try:
            float(cell)
        except ValueError:
            return False
        full = full and cell.lstrip("-").isdecimal()
    return not full


class _Words(HTMLParser):
    """Collects what a page says, rows of tables in one line, and what it says of its pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []
        self.cells: list[str] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        content = {key: value for key, value in attrs if key in ("id", "href", "alt", "title")}
        if tag == "tr":
            self.cells = []
        elif content:
            named = " ".join(f'{key}="{_masked(value or "")}"' for key, value in content.items())
            self.add(f"<{tag} {named}>")
        elif tag in ("h1", "h2", "h3", "table", "figure", "section", "details"):
            self.add(f"<{tag}>")

    def handle_endtag(self, tag: str) -> None:
        if tag == "tr" and self.cells is not None:
            content, self.cells = self.cells, None
            self.add(" | ".join(content))

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.add(_masked(data))

    def add(self, text: str) -> None:
        (self.lines if self.cells is None else self.cells).append(text)


def _html_lines(text: str) -> Iterator[str]:
    words = _Words()
    words.feed(_DRAWN.sub("", text))
    yield from words.lines


def _svg_lines(text: str) -> Iterator[str]:
    """Yield the words in a drawing; axes may have other numbers."""
    for found in _SVG_TEXT.findall(text):
        if _LETTERS.search(found):
            yield _masked(html.unescape(re.sub(r"<[^>]+>", "", found)))


def _form_of(path: Path) -> str:
    """Return what a file of numbers is, without them."""
    if path.suffix == ".png":
        from PIL import Image

        with Image.open(path) as picture:
            return f"PNG {picture.size[0]} x {picture.size[1]} {picture.mode}"
    if path.suffix == ".npz":
        import numpy as np

        with np.load(path, allow_pickle=False) as arrays:
            forms = Counter(f"{a.dtype} {a.shape}" for a in arrays.values())
            return f"NPZ {', '.join(f'{n} x {form}' for form, n in forms.items())}"
    if path.suffix == ".safetensors":
        from safetensors.numpy import load_file

        named = [f"{n} {t.dtype} {t.shape}" for n, t in sorted(load_file(path).items())]
        return f"safetensors, {len(named)} tensors: {_digest(named)}"
    if path.suffix == ".onnx":
        import onnx

        model = onnx.load(path, load_external_data=False)
        calls = Counter(node.op_type for node in model.graph.node)
        tensors = [f"{t.name} {t.data_type} {list(t.dims)}" for t in model.graph.initializer]
        facts = ", ".join(sorted(entry.key for entry in model.metadata_props))
        content = ", ".join(f"{n} {name}" for name, n in sorted(calls.items()))
        return f"ONNX {content}; {len(tensors)} tensors: {_digest(tensors)}; metadata: {facts}"
    return path.suffix


def _digest(lines: list[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
