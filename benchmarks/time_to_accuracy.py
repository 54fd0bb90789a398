"""The recipe as published next to the tuned one: seconds to the same validation AUC.

    python benchmarks/time_to_accuracy.py SLICES.csv [--weights DIR] [NETWORK ...]

Trains both recipes of each network on the same slices through `hilum.train`, in this order and
nothing else. Of the published recipe only a few epochs are trained: its 120 epochs are computed
from the mean epoch. The tuned one is trained to its end, early stop included, from an empty cache.
Both times are those of the epochs, validation included; reading slices is not, since both read the
same ones. Where DIR has no weights, random numbers stand for them: the time is the same then, the
AUC isn't. Prints a Markdown table.
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
from hilum.cache import PLACE_VARIABLE
from hilum.known_networks import known_networks
from hilum.recipe import Recipe, load_recipe
from hilum.table import SliceTable

HEADING = (
    row("network", "weights", "published: epoch", "its 120 epochs", "AUC so far", "tuned: all",
        "epochs", "AUC", "times faster", "tuned: to the published AUC")
    + "\n|" + "---|" * 10
)  # fmt: skip


@dataclass(frozen=True)
class Trained:
    """What a training took and reached: one row of history an epoch, and seconds in all."""

    history: pd.DataFrame
    whole: float

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


def trained(table: SliceTable, recipe: Recipe, weights: Path, folder: Path) -> Trained:
    """Train and return how it went."""
    began = time.perf_counter()
    run = hilum.train(table, recipe, out=folder / "run", weights=weights, force=True)
    return Trained(pd.read_csv(run.history_file), time.perf_counter() - began)


def line(name: str, table: SliceTable, weights: Path | None, paper_epochs: int) -> str:
    """Train both recipes of one network and return the line of the table."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        os.environ[PLACE_VARIABLE] = str(folder / "cache")
        start, origin = weights_or_stand_in(name, weights, folder / "weights")
        published = load_recipe(f"paper/{name}")
        short = load_recipe(f"paper/{name}", [f"training.epochs={paper_epochs}"])
        slow = trained(table, short, start, folder)
        fast = trained(table, load_recipe(name), start, folder)
    each = slow.seconds / paper_epochs
    whole = each * published.training.epochs
    reached = fast.reaches(slow.best)
    told = f"{reached:.0f} s ({whole / reached:.0f} times)" if reached else "not reached"
    return row(name, origin, f"{each:.1f} s", span(whole), f"{slow.best:.4f}",
               f"{fast.seconds:.0f} s", len(fast.history), f"{fast.best:.4f}",
               f"{whole / fast.seconds:.1f}", told)  # fmt: skip


def span(seconds: float) -> str:
    """Return hours and minutes."""
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60:02d} min"


def main() -> None:
    """Print the table, line by line as it comes, and how long all tuned networks took."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("table", type=Path)
    options.add_argument("networks", nargs="*", default=list(known_networks()))
    options.add_argument("--weights", type=Path)
    options.add_argument("--paper-epochs", type=int, default=2)
    asked = options.parse_intermixed_args()
    table = hilum.read_table(asked.table)
    counts = table.rows["split"].value_counts()
    print(f"{describe()}\n- Slices: {counts['train']} to train on, {counts['validation']} to "
          f"validate on\n\n{HEADING}", flush=True)  # fmt: skip
    for name in asked.networks:
        print(line(name, table, asked.weights, asked.paper_epochs), flush=True)


if __name__ == "__main__":
    main()
