"""What each part of a robust recipe contributes: each switched off in turn, from several seeds.

    python benchmarks/robust.py --table slices.csv --weights weights --out runs \\
        --elsewhere iq-oth.csv:cancer:normal --seeds 3

The table needs a split, and a source with slices of both `cancer` and `normal`. Every training is a
run of its own in the folder; a run that is there is read, not trained again, so that the command
may be interrupted, and several may share the parts (`--only`). Figures are means over the seeds,
with the lowest and the highest: AUC of cancer v normal within the sources of the table's test
slices, and what is left of it where tumours are covered (see `hilum explain`); the share of its
tumour-free ones that are called cancer; AUC of each pair elsewhere.

Harmonising is a part, too. It takes longest, so do it once: give tables of `hilum data harmonise`
and `--set input.harmonise=false`. The row without it comes from the same command with the tables
as they were, `--only "all parts"` and another folder.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

import hilum
from hilum.learn.predict import load_networks
from hilum.progress import SILENT
from hilum.recipe import load_recipe
from hilum.run import Run
from hilum.run.network import network_facts
from hilum.steps.localise.covering import cover_lesions

PARTS: dict[str, tuple[str, ...]] = {
    "all parts": (),
    "ordinary softmax": ("training.restricted=false",),
    "slices as often as they are": ("training.sampling=slices",),
    "no made lesions": ("crossing.share=0",),
    "no removals": ("crossing.removals=false",),
    "no transplants": ("crossing.transplants=0",),
    "no drawn tumours": ("crossing.drawn=0",),
    "no loss of the map": ("training.lesion_loss=0",),
    "averaged features": ("network.head=pooled", "training.lesion_loss=0"),
    "narrow augmentation": (
        "augmentation.tone=0", "augmentation.sharpness=0", "augmentation.noise=0",
    ),
    "last weights": ("training.averaging=0",),
}  # fmt: skip


def main() -> None:
    """Train what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--recipe", default="robust/mobilenetv2")
    parser.add_argument("--elsewhere", action="append", default=[], help="TABLE:POSITIVE:NEGATIVE")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", action="append", choices=list(PARTS), help="these parts alone")
    parser.add_argument("--set", action="append", default=[], help="of every training")
    given = parser.parse_args()
    for part in given.only or PARTS:
        for seed in range(given.seeds):
            _train(given, part, seed)
    print("\n".join(_table(given)))


def _folder(given: argparse.Namespace, part: str, seed: int) -> Path:
    return Path(given.out) / part.replace(" ", "-") / f"seed-{seed}"


def _train(given: argparse.Namespace, part: str, seed: int) -> None:
    """Train and evaluate one part switched off, unless that has been done."""
    folder = _folder(given, part, seed)
    if not (folder / "metrics.json").is_file():
        changes = [*given.set, *PARTS[part], f"training.seed={seed}"]
        recipe = load_recipe(given.recipe, changes)
        folder.parent.mkdir(parents=True, exist_ok=True)
        hilum.evaluate(hilum.train(given.table, recipe, out=folder, weights=given.weights))
    for text in given.elsewhere:
        table, positive, negative = text.rsplit(":", 2)
        name = _name(text)
        if not (folder / "elsewhere" / name).is_dir():
            options = hilum.ElsewhereOptions(name=name, pair=(positive, negative))
            hilum.evaluate_elsewhere(folder, table, options=options)


def _left(run: Run) -> float:
    """Return what is left of the AUC of cancer v normal where test tumours are covered."""
    table = run.table()
    found = cover_lesions(
        load_networks(run), table.part("test"), table,
        facts=network_facts(run), healthy="normal", progress=SILENT,
    )  # fmt: skip
    return float(found["auc_covered"]["value"]) if found else float("nan")


def _name(text: str) -> str:
    table, positive, _ = text.rsplit(":", 2)
    return f"{Path(table).resolve().parent.name}-{Path(table).stem}-{positive}"


def _table(given: argparse.Namespace) -> Iterator[str]:
    """Yield the lines of the table: a part a row."""
    names = [_name(text) for text in given.elsewhere]
    heads = [
        "left out",
        "seeds",
        "cancer v normal",
        "tumours covered",
        "tumour-free called cancer",
        *names,
        "minutes",
    ]
    yield f"| {' | '.join(heads)} |"
    yield "|---|" + "---:|" * (len(heads) - 1)
    for part in PARTS:
        folders = [_folder(given, part, seed) for seed in range(given.seeds)]
        rows = [
            _figures(folder, names) for folder in folders if (folder / "metrics.json").is_file()
        ]
        if rows:
            columns = [_spread([row[index] for row in rows]) for index in range(len(rows[0]))]
            yield f"| {part} | {len(rows)} | {' | '.join(columns)} |"


def _figures(folder: Path, names: list[str]) -> list[float]:
    """Return the figures of one run, in the order of the table's columns."""
    run = Run(folder)
    predicted = run.predictions()
    free = predicted[(predicted["split"] == "test") & (predicted["label"] == "normal")]
    classes = run.description.class_names
    chances = free[[f"probability_{name}" for name in classes]].to_numpy()
    called = chances.argmax(axis=1) == classes.index("cancer")
    within = json.loads(run.metrics_file.read_text())["within_source"]["pooled"]["value"]
    others = [
        json.loads((folder / "elsewhere" / name / "metrics.json").read_text())
        ["per_slice"]["figures"]["auc"]["value"]
        for name in names
    ]  # fmt: skip
    minutes = pd.read_csv(folder / "history.csv")["seconds"].sum() / 60
    return [within, _left(run), float(called.mean()), *others, float(minutes)]


def _spread(values: list[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.2f}"
    return f"{np.mean(values):.2f} ({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    main()
