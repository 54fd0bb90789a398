"""How well the lungs are found: against masks by Hounsfield units, and on sheets for the eye.

    python benchmarks/lungs.py score --dicom lung-pet-ct-dx
    python benchmarks/lungs.py sheets --table slices.csv --count 40 --out sheets
    python benchmarks/lungs.py time --table slices.csv

`score` prints Dice of each way of showing the slices of Lung-PET-CT-Dx, against threshold, fill and
closing of their Hounsfield units, tumours within their boxes included. `sheets` writes pictures of
40 slices with the outline that was found, spread evenly over a table, and the list of them.
"""

from __future__ import annotations

import argparse
import csv
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parent / "lung_network"))

from truth import lungs_by_hu

from hilum.prepare.lungs import find_lungs
from hilum.readers import LUNG, Window, apply_window, read_slice
from hilum.sources.lung_pet_ct_dx.boxes_xml import boxes_within, read_annotations
from hilum.sources.lung_pet_ct_dx.tally import Tally
from hilum.sources.volume_pictures import spread
from hilum.table import read_row, read_table

Grey = npt.NDArray[np.uint8]
HU = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]

TILE, ACROSS = 200, 8
"""Pixels of a slice on a sheet, and slices in a row."""
LEAST = 0.01
"""Share of the picture that the lungs must be: an apex of a few pixels has no Dice to speak of."""


def _tight(grey: Grey, truth: Mask) -> tuple[Grey, Mask]:
    rows, columns = (np.flatnonzero(truth.any(axis=axis)) for axis in (1, 0))
    part = slice(max(0, rows[0] - 4), rows[-1] + 4), slice(max(0, columns[0] - 4), columns[-1] + 4)
    return grey[part], truth[part]


def _small(grey: Grey, truth: Mask) -> tuple[Grey, Mask]:
    small = cv2.resize(grey, (150, 150), interpolation=cv2.INTER_AREA)
    _, code = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, 40])
    shape = grey.shape[::-1]
    return cv2.resize(cv2.imdecode(code, cv2.IMREAD_GRAYSCALE), shape), truth


LOOKS: dict[str, tuple[Window, Callable[[Grey, Mask], tuple[Grey, Mask]]]] = {
    "lung window": (LUNG, lambda grey, truth: (grey, truth)),
    "wide window (2000/0)": (Window(2000, 0), lambda grey, truth: (grey, truth)),
    "mediastinal window (400/40)": (Window(400, 40), lambda grey, truth: (grey, truth)),
    "cut to the lungs": (LUNG, _tight),
    "150 pixels, JPEG 40": (LUNG, _small),
    "inverted": (LUNG, lambda grey, truth: (255 - grey, truth)),
    "upside down": (LUNG, lambda grey, truth: (grey[::-1].copy(), truth[::-1])),
    "turned by a quarter": (LUNG, lambda grey, truth: (np.rot90(grey).copy(), np.rot90(truth))),
}


def score(dicom: Path) -> None:
    """Print a table of Dice against Hounsfield units."""
    cases = list(_cases(dicom))
    print(f"{len(cases)} slices\n\n| shown | mean Dice | lowest | slices below 0.90 | codes |")
    print("|---|---:|---:|---:|---|")
    for name, (window, look) in LOOKS.items():
        dice, codes = [], []
        for hu, truth in cases:
            grey, mask = look(apply_window(hu, window), truth)
            found = find_lungs(grey)
            dice.append(_dice(found.mask, mask))
            codes.append(found.code)
        _print_row(name, dice, codes)
    found_in_hu = [find_lungs(hu) for hu, _ in cases]
    dice = [_dice(one.mask, truth) for one, (_, truth) in zip(found_in_hu, cases, strict=True)]
    _print_row("Hounsfield units", dice, [one.code for one in found_in_hu])


def _print_row(name: str, dice: list[float], codes: list[str]) -> None:
    counted = ", ".join(f"{codes.count(code)} {code}" for code in dict.fromkeys(codes))
    below = sum(value < 0.9 for value in dice)
    print(f"| {name} | {np.mean(dice):.3f} | {min(dice):.3f} | {below} | {counted} |", flush=True)


def _cases(dicom: Path) -> Iterator[tuple[HU, Mask]]:
    """Yield Hounsfield units and lungs of each slice that shows enough of them."""
    annotations = read_annotations(sorted(dicom.rglob("*.xml")), Tally())
    for path in sorted(dicom.rglob("*.dcm")):
        image = read_slice(path)
        if image.hu is None:
            continue
        hu = np.asarray(image.hu, np.float32)
        own = annotations.get(image.ids.get("sop_instance_uid", ""))
        lesion = None
        if own is not None:
            lesion = np.zeros(hu.shape, bool)
            for box in boxes_within(own, (hu.shape[0], hu.shape[1]), Tally()):
                part = slice(box.row_min, box.row_max), slice(box.col_min, box.col_max)
                lesion[part] = hu[part] > -400
        truth = lungs_by_hu(hu, lesion)
        if truth.mean() >= LEAST:
            yield hu, truth


def _dice(one: Mask, other: Mask) -> float:
    return float(2 * (one & other).sum() / max(1, one.sum() + other.sum()))


def sheets(table: Path, count: int, out: Path) -> None:
    """Write sheets of slices with the outline that was found, and the list of them."""
    slices = read_table(table)
    out.mkdir(parents=True, exist_ok=True)
    tiles, lines = [], []
    for number, row in enumerate(spread(list(range(len(slices))), count)):
        grey = read_row(slices, row).grey
        found = find_lungs(grey)
        tiles.append(_tile(grey, found.mask, f"{number} {found.code}"))
        lines.append([slices.rows["slice_id"].iloc[row], found.code, found.turns])
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % ACROSS)
    rows = [np.hstack(tiles[first : first + ACROSS]) for first in range(0, len(tiles), ACROSS)]
    name = slices.folder.name
    cv2.imwrite(str(out / f"{name}.png"), np.vstack(rows))
    with (out / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["slice_id", "code", "turns"], *lines])


def _tile(grey: Grey, mask: Mask, text: str) -> Grey:
    scale = (TILE - 14) / max(grey.shape)
    sides = [max(1, round(side * scale)) for side in grey.shape[::-1]]
    colour = cv2.cvtColor(cv2.resize(grey, sides, interpolation=cv2.INTER_AREA), cv2.COLOR_GRAY2BGR)
    outline = cv2.resize(mask.astype(np.uint8), sides, interpolation=cv2.INTER_NEAREST)
    contours, _ = cv2.findContours(outline, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(colour, contours, -1, (0, 230, 0), 1)
    tile = np.zeros((TILE, TILE, 3), np.uint8)
    tile[14 : 14 + sides[1], : sides[0]] = colour
    cv2.putText(tile, text, (2, 11), cv2.FONT_HERSHEY_SIMPLEX, 0.38, (0, 200, 255), 1, cv2.LINE_AA)
    return tile


def timed(table: Path) -> None:
    """Print the median time of a slice on one thread."""
    cv2.setNumThreads(1)
    slices = read_table(table)
    pictures = [read_row(slices, row).grey for row in spread(list(range(len(slices))), 100)]
    find_lungs(pictures[0])
    spans = []
    for grey in pictures:
        started = time.perf_counter()
        find_lungs(grey)
        spans.append(1000 * (time.perf_counter() - started))
    print(f"{np.median(spans):.1f} ms a slice (median of {len(spans)}), "
          f"{np.percentile(spans, 90):.1f} ms at the ninth decile, one thread")  # fmt: skip


def main() -> None:
    """Parse and run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("score", "sheets", "time"))
    parser.add_argument("--dicom", type=Path, help="folder of Lung-PET-CT-Dx")
    parser.add_argument("--table", type=Path, help="a slice table")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--out", type=Path, default=Path("sheets"))
    args = parser.parse_args()
    if args.what == "score":
        score(args.dicom)
    elif args.what == "sheets":
        sheets(args.table, args.count, args.out)
    else:
        timed(args.table)


if __name__ == "__main__":
    main()
