"""How many near-duplicates are found, how many slices fall together by mistake, and how fast.

    python benchmarks/duplicates.py --table slices.csv [--table more.csv] [--copies 200]
    python benchmarks/duplicates.py --count 100000

With tables: changed copies of slices drawn by chance are looked for among all slices of the table,
and those counted that lie in a cluster with another group; both for each half of the groups. With
--count: seconds (by the clock, and of a core, which a busy machine changes less) and memory for so
many made-up fingerprints. Prints Markdown tables.

What is made up: pictures unlike one another; series, each slice a little different from the one
before; chests, which share body and lungs and differ in what is inside them, as the slices of one
kind of scan do; all equal; all nearly equal.
"""

from __future__ import annotations

import argparse
import resource
import time
import zlib
from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np
import numpy.typing as npt
from _machine import describe

from hilum.duplicates import Fingerprint, collect, find_alike, fingerprint
from hilum.readers import read_slice
from hilum.table import read_table

Grey = npt.NDArray[np.uint8]
Change = Callable[[Grey, np.random.Generator], Grey]

SERIES = 50
"""Slices of a made-up series, each a little different from the one before."""


def resized(grey: Grey, rng: np.random.Generator) -> Grey:
    """Return it at 0.4 to 0.8 of its size."""
    scale = rng.uniform(0.4, 0.8)
    return cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)


def compressed(grey: Grey, rng: np.random.Generator) -> Grey:
    """Return it after JPEG of quality 30 to 60."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 60))]
    return cv2.imdecode(cv2.imencode(".jpg", grey, quality)[1], 0)


def brightened(grey: Grey, rng: np.random.Generator) -> Grey:
    """Return it with another gamma and gain."""
    levels = 255 * (grey / 255) ** rng.uniform(0.6, 1.6)
    return np.clip(levels * rng.uniform(0.8, 1.2), 0, 255).astype(np.uint8)


def cropped(share: float) -> Change:
    """Return a change that cuts up to `share` off each side."""

    def change(grey: Grey, rng: np.random.Generator) -> Grey:
        rows, columns = grey.shape
        top, bottom = rng.uniform(0, share, 2) * rows
        left, right = rng.uniform(0, share, 2) * columns
        return grey[int(top) : rows - int(bottom), int(left) : columns - int(right)]

    return change


def with_arrows(grey: Grey, rng: np.random.Generator) -> Grey:
    """Return it with three white arrows."""
    marked = grey.copy()
    for _ in range(3):
        end = rng.integers(0, grey.shape[::-1])
        start = end + rng.integers(-40, 40, 2)
        cv2.arrowedLine(marked, start.tolist(), end.tolist(), 255, 3)
    return marked


def framed(grey: Grey, rng: np.random.Generator) -> Grey:
    """Return it in a black or white frame of up to 30 pixels a side."""
    around = [int(side) for side in rng.integers(0, 30, 4)]
    return cv2.copyMakeBorder(grey, *around, cv2.BORDER_CONSTANT, value=int(rng.choice([0, 255])))


def all_of_it(grey: Grey, rng: np.random.Generator) -> Grey:
    """Return it cropped, resized, brightened and compressed."""
    for change in (cropped(0.03), resized, brightened, compressed):
        grey = change(grey, rng)
    return grey


CHANGES: dict[str, Change] = {
    "resized to 0.4 to 0.8": resized,
    "JPEG, quality 30 to 60": compressed,
    "brightness and gamma": brightened,
    "three arrows": with_arrows,
    "framed, up to 30 pixels": framed,
    "cropped up to 2 % a side": cropped(0.02),
    "cropped up to 4 % a side": cropped(0.04),
    "cropped up to 6 % a side": cropped(0.06),
    "cropped up to 8 % a side": cropped(0.08),
    "cropped up to 12 % a side": cropped(0.12),
    "cropped 3 %, resized, brightened, JPEG": all_of_it,
}


def quality(tables: Sequence[str], copies: int) -> Iterator[str]:
    """Yield the rows on copies found, and on groups that fall together."""
    paths, groups = [], []
    for name in tables:
        table = read_table(name)
        paths += table.paths()
        groups += table.rows["group"].tolist()
    half = np.array([zlib.crc32(group.encode()) % 2 for group in groups])
    prints = [fingerprint(read_slice(path).grey) for path in paths]
    yield "| half | slices | copies | found | in a cluster of another group |"
    yield "|---|---|---|---|---|"
    for number in (0, 1):
        there = np.flatnonzero(half == number)
        rng = np.random.default_rng(number)
        for kind, change in CHANGES.items():
            drawn = rng.choice(there, min(copies, len(there)), replace=False)
            made = [fingerprint(change(read_slice(paths[row]).grey, rng)) for row in drawn]
            known = [prints[row] for row in there]
            clusters = find_alike(collect([*known, *made], count=len(known) + len(made))).clusters
            folder = {row: at for at, row in enumerate(there)}
            names = [groups[row] for row in there]
            own = [clusters[folder[row]] for row in drawn]
            new = clusters[len(known) :]
            wrong = sum(
                any(names[at] != groups[row] for at in np.flatnonzero(clusters[: len(known)] == c))
                for row, c in zip(drawn, new, strict=True)
            )
            found = int((np.array(own) == new).sum())
            share = 100 * found / len(drawn)
            yield f"| {number + 1} | {len(known)} | {kind} | {share:.1f} % | {wrong} |"


def chest(rng: np.random.Generator) -> Grey:
    """Return body and lungs as most chests have them, with vessels and noise of its own."""
    grey = np.zeros((64, 64), dtype=np.float32)
    move = rng.normal(0, 1, 6)
    middle = (int(32 + move[0]), int(32 + move[1]))
    cv2.ellipse(grey, middle, (int(28 + move[2]), int(23 + move[3])), 0, 0, 360, 180.0, -1)
    for side in (-1, 1):
        lung = (int(32 + move[0] + side * 12), int(31 + move[1]))
        cv2.ellipse(grey, lung, (int(9 + move[4]), int(15 + move[5])), 0, 0, 360, 50.0, -1)
    grey = cv2.GaussianBlur(grey, (0, 0), 1.5)
    inside = cv2.resize(rng.normal(0, 50, (32, 32)).astype(np.float32), (64, 64))
    grey += np.where(grey > 20, inside, 0)
    return np.clip(grey, 0, 255).astype(np.uint8)


def made_up(count: int, kind: str) -> Iterator[Fingerprint]:
    """Yield fingerprints of one kind; the kinds are told at the top."""
    rng = np.random.default_rng(0)
    scene = rng.integers(0, 256, (64, 64)).astype(np.uint8)
    one = fingerprint(scene)
    for number in range(count):
        if kind == "unlike" or (kind == "series" and number % SERIES == 0):
            scene = cv2.resize(rng.integers(0, 256, (12, 12)).astype(np.uint8), (64, 64))
            one = fingerprint(scene)
        elif kind == "chests":
            one = fingerprint(chest(rng))
        elif kind != "equal":
            touched = scene.copy()
            row, column = rng.integers(0, 60, 2)
            touched[row : row + 4, column : column + 4] ^= 255
            scene = touched if kind == "series" else scene
            one = fingerprint(touched)
        yield one


def speed(count: int) -> Iterator[str]:
    """Yield the rows on time and memory."""
    yield "| fingerprints | kind | seconds | of a core | pairs listed | clusters | crowded | MB |"
    yield "|---|---|---|---|---|---|---|---|"
    for kind in ("unlike", "series", "chests", "equal", "nearly equal"):
        prints = collect(made_up(count, kind), count=count)
        start, begun = time.perf_counter(), time.process_time()
        found = find_alike(prints)
        seconds, own = time.perf_counter() - start, time.process_time() - begun
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        clusters = len(np.unique(found.clusters))
        counts = f"{len(found.pairs):,} | {clusters:,} | {found.crowded:,}"
        yield f"| {count:,} | {kind} | {seconds:.0f} | {own:.0f} | {counts} | {peak:.0f} |"


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", action="append", default=[])
    parser.add_argument("--copies", type=int, default=200)
    parser.add_argument("--count", type=int, default=0)
    given = parser.parse_args()
    print(f"{describe()}\n")
    for line in [
        *(quality(given.table, given.copies) if given.table else ()),
        *(speed(given.count) if given.count else ()),
    ]:
        print(line, flush=True)


if __name__ == "__main__":
    main()
