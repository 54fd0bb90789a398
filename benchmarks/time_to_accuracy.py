"""The recipe as published next to the tuned one: seconds to the same validation AUC.

    python benchmarks/time_to_accuracy.py [--table SLICES.csv] [--weights DIR] [NETWORK ...]

Trains both recipes of each network on the same slices through `hilum.train`, in this order and
nothing else. Of the published recipe only a few epochs are trained: its 120 epochs are computed
from the mean epoch. The tuned one is trained to its end, early stop included, from an empty cache.
Both times are those of the epochs, validation included; reading slices is not, since both read the
same ones. Where DIR has no weights, random numbers stand for them: the time is the same then, the
AUC isn't. Without a table phantoms are drawn, their lesions strong. `--tuned-only` trains only the
tuned recipes, to time them all. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from _machine import describe, row
from _stand_in import weights_or_stand_in

import hilum
from hilum.catalogue.networks import known_networks
from hilum.recipe import Recipe, load_recipe
from hilum.sources import BuildOptions, PhantomSettings, build_table
from hilum.splits import split_table
from hilum.storage.cache import PLACE_VARIABLE
from hilum.table import SliceTable

PHANTOMS = PhantomSettings(patients=240, slices_per_patient=3, lesions=1.0, size=320)
HEADING = (
    row("network", "weights", "published: epoch", "its 120 epochs", "AUC so far", "tuned: all",
        "epochs", "AUC", "times faster", "tuned: to the published AUC")
    + "\n|" + "---|" * 10
)  # fmt: skip


@dataclass(frozen=True)
class TrainingProgress:
    """What a training took and reached: one row of history an epoch, and seconds in all."""

    history: pd.DataFrame
    road_seconds: float

    @property
    def seconds(self) -> float:
        return float(self.history["seconds"].sum())

    @property
    def best(self) -> float:
        return float(self.history["validation_auc"].max())

    def reaches(self, area: float) -> float | None:
        """Return the seconds until the first epoch whose AUC is no lower; None: never."""
        good = self.history["validation_auc"] >= area
        return float(self.history["seconds"].cumsum()[good].iloc[0]) if good.any() else None


def trained(table: SliceTable, recipe: Recipe, weights: Path, folder: Path) -> TrainingProgress:
    """Train and return how it went."""
    began = time.perf_counter()
    run = hilum.train(table, recipe, out=folder / "run", weights=weights, force=True)
    return TrainingProgress(pd.read_csv(run.history_file), time.perf_counter() - began)


def line(
    name: str, table: SliceTable, weights: Path | None, paper_epochs: int
) -> tuple[str, float]:
    """Train both recipes of one network, or with 0 epochs of the published one only the tuned.

    Returns the line of the table and the seconds of the tuned training.
    """
    with tempfile.TemporaryDirectory() as location:
        folder = Path(location)
        os.environ[PLACE_VARIABLE] = str(folder / "cache")
        start, origin = weights_or_stand_in(name, weights, folder / "weights")
        cells = [name, origin]
        slow = None
        if paper_epochs:
            short = load_recipe(f"paper/{name}", [f"training.epochs={paper_epochs}"])
            slow = trained(table, short, start, folder)
        fast = trained(table, load_recipe(name), start, folder)
    content = [f"{fast.seconds:.0f} s", len(fast.history), f"{fast.best:.4f}"]
    if slow is None:
        return row(*cells, "", "", "", *content, "", ""), fast.seconds
    each = slow.seconds / paper_epochs
    road_seconds = each * load_recipe(f"paper/{name}").training.epochs
    reached = fast.reaches(slow.best)
    last = f"{reached:.0f} s ({road_seconds / reached:.0f} times)" if reached else "not reached"
    cells += [f"{each:.1f} s", span(road_seconds), f"{slow.best:.4f}"]
    return row(*cells, *content, f"{road_seconds / fast.seconds:.1f}", last), fast.seconds


def span(seconds: float) -> str:
    """Return hours and minutes."""
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"


def table_of(path: Path | None, folder: Path) -> SliceTable:
    """Return the table at `path`, or one of phantoms drawn into `folder`."""
    if path is not None:
        return hilum.read_table(path)
    options = BuildOptions(phantom=PHANTOMS)
    built = build_table([("phantom", folder)], out=folder / "slices.csv", options=options)
    return split_table(built.table)


def main() -> None:
    """Print the table, line by line as it comes, and how long all tuned networks took."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("networks", nargs="*", default=list(known_networks()))
    options.add_argument("--table", type=Path)
    options.add_argument("--weights", type=Path)
    options.add_argument("--paper-epochs", type=int, default=2)
    options.add_argument("--tuned-only", action="store_true")
    requested = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        table = table_of(requested.table, Path(folder))
        counts = table.rows["split"].value_counts()
        slices = f"{counts['train']} to train on, {counts['validation']} to validate on"
        print(f"{describe()}\n- Slices: {slices}\n\n{HEADING}", flush=True)
        road_seconds = 0.0
        for name in requested.networks:
            paper_epochs = 0 if requested.tuned_only else requested.paper_epochs
            content, seconds = line(name, table, requested.weights, paper_epochs)
            road_seconds += seconds
            print(content, flush=True)
        print(f"\nAll tuned trainings of the table: {span(road_seconds)}.")


if __name__ == "__main__":
    main()
