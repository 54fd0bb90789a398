"""What slices give away of their source after each step of harmonising.

    python benchmarks/harmonise.py --table slices.csv --weights weights

A table whose classes come from one source each. Each row adds a step; the last rows leave one out.
All figures are AUC of the class, five folds by group, with 95 % intervals over groups. `border`:
the outermost 8 pixels; `histogram`: the grey levels without their places; `whole`, `lungs only`,
`no lungs`: a linear classifier on frozen features of the slice, of its lungs on black, and of the
slice with its lungs black.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from _machine import describe

from hilum.audit.grouped import grouped_folds
from hilum.audit.masking import cross_scores
from hilum.audit.probes import auc_figures, cross_probe, picture_features
from hilum.prepare import BATCH, batches, resize
from hilum.prepare.clean import clean_picture
from hilum.prepare.harmonise import STEPS, harmonise
from hilum.prepare.lungs import OK, Lungs, find_lungs
from hilum.steps.audit.features import open_extractor
from hilum.table import SliceTable, read_row, read_table

Grey = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

PICTURES = ("border", "histogram")
KINDS = ("whole", "lungs only", "no lungs")
WIDENED = 0.03
"""How far the lungs are widened before they are made black, as a share of the side."""
THREADS = 2

Prepared = list[tuple[Grey, Grey, Lungs]]
"""Of each slice the picture as it is and cleaned, and its lungs."""


def variants() -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the sets of steps: none, each added to those before it, and each left out of all."""
    yield "slices as they are", frozenset()
    order = ("upright", "crop", "tones", "outside", "clean")
    for number in range(2, len(order) + 1):
        yield f"+ {order[number - 1]}", frozenset(order[:number])
    for step in order[1:]:
        yield f"all but {step}", frozenset(STEPS) - {step}


def prepared(table: SliceTable) -> Prepared:
    """Return each slice, cleaned, and its lungs; those that aren't ok are left in."""

    def one(row: int) -> tuple[Grey, Grey, Lungs]:
        grey = read_row(table, row).grey
        cleaned = clean_picture(grey).pixels
        return grey, cleaned, find_lungs(cleaned)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one, range(len(table))))


def pictures_of(slices: Prepared, steps: frozenset[str], size: int) -> tuple[Grey, Mask]:
    """Return pictures and lungs (n, size, size) after these steps."""
    pictures, lungs = [], []
    for grey, cleaned, found in slices:
        shown = cleaned if "clean" in steps else grey
        done = harmonise(shown, lungs=found, steps=steps - {"clean"})
        picture = done.pixels if steps else shown
        pictures.append(resize(picture, size))
        mask = cv2.resize(done.lungs.astype(np.uint8), (size, size), interpolation=0)
        reach = 2 * round(WIDENED * size) + 1
        lungs.append(cv2.dilate(mask, np.ones((reach, reach), np.uint8)) > 0)
    return np.stack(pictures), np.stack(lungs)


def main() -> None:
    """Parse, harmonise, probe, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--positive", default="cancer")
    parser.add_argument("--weights", default="none", help="folder of weights; none: fixed features")
    parser.add_argument("--only", nargs="*", help="print these rows alone")
    args = parser.parse_args()
    table, extractor = read_table(args.table), open_extractor(args.weights)
    labels, groups, sources = (
        table.rows[name].to_numpy(dtype=object) for name in ("label", "group", "source")
    )
    folds, truth = grouped_folds(labels, groups, sources), labels == args.positive
    slices = prepared(table)
    ok = sum(found.code == OK for _, _, found in slices)
    print(describe())
    print(f"- {len(table)} slices, lungs ok in {ok}; features: {extractor.name}\n")
    print("| steps | " + " | ".join((*PICTURES, *KINDS)) + " |")
    print("|---|" + "---:|" * (len(PICTURES) + len(KINDS)))
    for name, steps in variants():
        if args.only and name not in args.only:
            continue
        grey, lungs = pictures_of(slices, steps, extractor.size)
        probes = picture_features(grey)
        cells = [cross_probe(probes[kind], labels, folds, args.positive) for kind in PICTURES]
        shown = (grey, np.where(lungs, grey, 0), np.where(lungs, 0, grey))
        for pictures in shown:
            chunks = [np.asarray(pictures[rows], np.uint8) for rows in batches(len(table), BATCH)]
            features = np.concatenate([extractor.extract(chunk) for chunk in chunks])
            scores = cross_scores({"one": features}, truth.astype(float), folds)
            cells.append(scores["one", "one"])
        named = {str(number): score for number, score in enumerate(cells)}
        figures = list(auc_figures(truth.astype(bool), named, groups).values())
        texts = [f"{f['value']:.3f} [{f['low']:.2f}, {f['high']:.2f}]" for f in figures]
        print(f"| {name} | " + " | ".join(texts) + " |", flush=True)


if __name__ == "__main__":
    main()
