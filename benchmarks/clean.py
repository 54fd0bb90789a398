"""How well `hilum data clean` reproduces manual cleaning, and how fast.

    python benchmarks/clean.py --pairs ct-pneumonia --table msd-lung-slices/slices.csv

With --pairs: the pairs of slices before and after cleaning by hand of ct-pneumonia. A pixel was
edited where the two differ by more than EDITED grey levels. Pixels of all pairs are pooled. The
articles are parted in two halves: all choices were made on `develop`, `report` was only scored.
With --table (repeatable): slices without annotations. Prints Markdown tables.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from _machine import describe, row

from hilum.prepare.clean import clean_picture
from hilum.prepare.clean.frames import find_frame
from hilum.readers import read_in_colour, read_slice
from hilum.sources.ct_pneumonia import CT_PNEUMONIA
from hilum.sources.options import BuildOptions, PictureFolder
from hilum.sources.volume_pictures import spread
from hilum.table import read_table

EDITED = 16
"""Grey levels by which an edited pixel differs."""

REDONE = 0.2
"""A pair with a larger differing share had all of its grey levels changed, so its edits can't be
scored. (Annotations cover at most 8 % of any other pair.)"""

HALVES = ("develop", "report")
WORKERS = 2

Grey = npt.NDArray[np.uint8]


@dataclass
class Counts:
    """What is pooled over pairs: pixels, and sums of squared differences from the hand's work."""

    pairs: int = 0
    pixels: int = 0
    edited: int = 0
    filled: int = 0
    both: int = 0
    raw_edited: float = 0.0
    ours_edited: float = 0.0
    raw_all: float = 0.0
    ours_all: float = 0.0

    def __add__(self, other: Counts) -> Counts:
        return Counts(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def recall(self) -> float:
        """Edited pixels that were filled in."""
        return self.both / max(self.edited, 1)

    @property
    def precision(self) -> float:
        """Filled pixels that had been edited."""
        return self.both / max(self.filled, 1)


@dataclass(frozen=True)
class Pair:
    """One slice before and after the hand's work."""

    slice_id: str
    half: str
    raw: Path
    hand: Path
    counts: Counts = field(default_factory=Counts)


def half_of(article: str) -> str:
    """Return which half an article belongs to: by its name alone, for ever."""
    return HALVES[hashlib.sha256(article.encode()).digest()[0] % 2]


def find_pairs(collection: Path) -> list[Pair]:
    """Return all pairs of a collection laid out as ct-pneumonia."""
    picture_folder = PictureFolder(collection)
    raw = CT_PNEUMONIA.build(collection, picture_folder, BuildOptions(raw=True)).rows
    hand = CT_PNEUMONIA.build(collection, picture_folder, BuildOptions()).rows
    cleaned = dict(zip(hand["slice_id"], hand["path"], strict=True))
    return [
        Pair(name, half_of(article), Path(path), Path(cleaned[name]))
        for name, path, article in zip(raw["slice_id"], raw["path"], raw["article"], strict=True)
        if name in cleaned
    ]


def read_pixels(path: Path) -> npt.NDArray[np.uint8]:
    """Return the pixels that the command would clean."""
    colour = read_in_colour(path)
    return read_slice(path).grey if colour is None else colour


def luma(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Return grey levels (ITU-R BT.601), as hilum reads a colour picture."""
    if pixels.ndim == 2:
        return pixels.astype(float)
    return np.rint(pixels.astype(float) @ (0.299, 0.587, 0.114))


def score(pair: Pair) -> Counts | None:
    """Return the counts of one pair; None if the whole picture was redone."""
    raw, hand = read_pixels(pair.raw), read_slice(pair.hand).grey.astype(float)
    before = luma(raw)
    if before.shape != hand.shape:
        return None
    edited = np.abs(before - hand) > EDITED
    if edited.mean() > REDONE:
        return None
    cleaned = clean_picture(raw)
    off, ours = (before - hand) ** 2, (luma(cleaned.pixels) - hand) ** 2
    return Counts(
        1, edited.size, int(edited.sum()), int(cleaned.mask.sum()),
        int((edited & cleaned.mask).sum()),
        off[edited].sum(), ours[edited].sum(), off.sum(), ours.sum(),
    )  # fmt: skip


def gain(before: float, after: float) -> float:
    """Return by how many dB the squared error fell."""
    return 10 * math.log10(before / after) if after else math.inf


def pair_table(pairs: Sequence[Pair], counts: Sequence[Counts | None]) -> Iterator[str]:
    """Yield the table of the pairs."""
    yield row("half", "pairs", "edited pixels", "filled pixels", "recall", "precision",
              "median recall", "median precision",
              "gain, edited pixels", "gain, whole pictures")  # fmt: skip
    yield row("---", *["---:"] * 9)
    for half in (*HALVES, "all"):
        chosen = [c for p, c in zip(pairs, counts, strict=True) if c and half in (p.half, "all")]
        one = sum(chosen, Counts())
        yield row(half, one.pairs, f"{one.edited:,}", f"{one.filled:,}", f"{one.recall:.3f}",
                  f"{one.precision:.3f}", f"{statistics.median(c.recall for c in chosen):.3f}",
                  f"{statistics.median(c.precision for c in chosen):.3f}",
                  f"{gain(one.raw_edited, one.ours_edited):.1f} dB",
                  f"{gain(one.raw_all, one.ours_all):.1f} dB")  # fmt: skip


def clean_table(named: Sequence[tuple[str, Sequence[Path]]]) -> Iterator[str]:
    """Yield the table of the slices that need no cleaning."""
    yield row("slices", "count", "changed pixels, mean", "of these white frames",
              "slices with any", "worst slice")  # fmt: skip
    yield row("---", *["---:"] * 5)
    for name, paths in named:
        with ThreadPoolExecutor(WORKERS) as pool:
            shares, frames = np.array(list(pool.map(changed, paths))).T
        yield row(name, len(paths), f"{100 * shares.mean():.3f} %", f"{100 * frames.mean():.3f} %",
                  f"{(shares > 0).sum()} ({100 * (shares > 0).mean():.0f} %)",
                  f"{100 * shares.max():.1f} %")  # fmt: skip


def changed(path: Path) -> tuple[float, float]:
    """Return which share of a slice is filled in, and which lies in a white frame."""
    pixels = read_pixels(path)
    return clean_picture(pixels).share, float(find_frame(pixels).mean())


def main() -> None:
    """Parse, score, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=Path, help="folder of ct-pneumonia")
    parser.add_argument("--table", type=Path, action="append", default=[], help="clean slices")
    parser.add_argument("--most", type=int, default=10**9, help="clean slices of each, at most")
    parser.add_argument("--each", type=Path, help="write the counts of each pair there, as CSV")
    args = parser.parse_args()
    print(describe(), "", sep="\n")
    named: list[tuple[str, Sequence[Path]]] = []
    if args.pairs:
        pairs = find_pairs(args.pairs)
        began = time.perf_counter()
        with ThreadPoolExecutor(WORKERS) as pool:
            counts = list(pool.map(score, pairs))
        pace = 60 * len(pairs) / (time.perf_counter() - began)
        print(*pair_table(pairs, counts), sep="\n")
        print(f"\nNot scored, redone as a whole: {counts.count(None)}. "
              f"{pace:.0f} pairs a minute read, cleaned and scored.\n")  # fmt: skip
        if args.each:
            rows = [{"slice_id": p.slice_id, "half": p.half, **vars(c)}
                    for p, c in zip(pairs, counts, strict=True) if c]  # fmt: skip
            pd.DataFrame(rows).to_csv(args.each, index=False)
        built = CT_PNEUMONIA.build(args.pairs, PictureFolder(args.pairs), BuildOptions()).rows
        halves = built["article"].map(half_of)
        for half in HALVES:
            paths = [Path(path) for path in built["path"][halves == half]]
            named.append((f"ct-pneumonia, cleaned by hand, {half}", paths))
    named += [(path.parent.name, read_table(path).paths()) for path in args.table]
    print(*clean_table([(name, spread(paths, args.most)) for name, paths in named]), sep="\n")


if __name__ == "__main__":
    main()
