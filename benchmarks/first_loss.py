"""One real epoch of paper/... recipes, their first loss next to one computed by hand.

    python benchmarks/first_loss.py SLICES.csv [--weights DIR] [--every 6] [NETWORK ...]

Trains through `hilum.train` and looks on: what enters the head in the first step is kept, and head
and loss are computed from it once more in numpy, in float64, by the published code's formulas.
Dropout is chance: its masks are read off what came out of it.
Networks without weights in DIR begin from random ones, whole network trained; `--every 6` takes
every sixth group, whole. Prints a Markdown table.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import numpy.typing as npt
from torch import Tensor, nn

import hilum
from hilum.catalogue.networks import known_networks
from hilum.errors import WeightsError
from hilum.learn import fit
from hilum.learn.networks import Classifier, build_network
from hilum.learn.weights import find_weights
from hilum.recipe import Recipe, load_recipe
from hilum.run import Run
from hilum.table import SliceTable

Floats = npt.NDArray[np.float64]

KERAS_NORM_EPS = 1e-3
"""Of the head's batch norm in the published code."""


HEADING = """\
| recipe | weights | input | slices | first loss | by hand | difference | mean | validation | time |
|---|---|---|---|---|---|---|---|---|---|"""


class Watch:
    """What the first training step did: tensors into and out of the head's layers, the loss."""

    def __init__(self) -> None:
        self.seen: dict[str, Floats] = {}
        self.weights: dict[str, Floats] = {}
        self.target: npt.NDArray[np.int64] | None = None
        self.loss: float | None = None

    def build(self, *args: Any, **kwargs: Any) -> Classifier:
        """Build the network as ever, and look at its head from then on."""
        network = build_network(*args, **kwargs)
        for name, parameter in network.head.named_parameters():
            self.weights[name] = parameter.detach().double().numpy().copy()
        for name, layer in network.head.named_children():
            layer.register_forward_hook(self._keep(name))
        return network

    def _keep(self, name: str) -> Any:
        def keep(layer: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
            if layer.training and f"{name}.out" not in self.seen:
                self.seen[f"{name}.in"] = inputs[0].detach().double().numpy().copy()
                self.seen[f"{name}.out"] = output.detach().double().numpy().copy()

        return keep

    def loss_of(self, logits: Tensor, target: Tensor, **settings: Any) -> Tensor:
        """Compute the loss as ever, and keep the first."""
        loss = hilum_loss(logits, target, **settings)
        if self.loss is None:
            self.loss, self.target = float(loss.detach()), target.numpy().copy()
        return loss


hilum_loss = fit.loss_of


def by_hand(watch: Watch, hidden: int) -> float:
    """Return the published loss of the first batch, from the pooled features on."""
    layer, features = 0, watch.seen["0.in"]
    for _ in range(hidden + 1):
        spread = np.sqrt(features.var(axis=0) + KERAS_NORM_EPS)
        features = (features - features.mean(axis=0)) / spread * watch.weights[f"{layer}.weight"]
        features = _drop(features + watch.weights[f"{layer}.bias"], watch, layer + 1)
        features = features @ watch.weights[f"{layer + 2}.weight"].T
        features = features + watch.weights[f"{layer + 2}.bias"]
        if layer + 4 <= 4 * hidden:
            features = np.maximum(features, 0)
        layer += 4
    assert watch.target is not None
    one_hot = np.eye(features.shape[1])[watch.target]
    each = np.logaddexp(0, features) - one_hot * features
    return float(each.mean(axis=1).mean())


def _drop(features: Floats, watch: Watch, layer: int) -> Floats:
    """Return `features` with the same units dropped as in the step, the others scaled up."""
    before, after = watch.seen[f"{layer}.in"], watch.seen[f"{layer}.out"]
    retained = (after != 0) | (before == 0)
    scale = np.median(after[after != 0] / before[after != 0])
    return np.where(retained, features * scale, 0.0)


def part_of(table: SliceTable, every: int) -> SliceTable:
    """Return every n-th group of each split and label, whole."""
    rows = table.rows
    first = rows.drop_duplicates("group").sort_values("group")
    turn = first.groupby(["split", "label"]).cumcount()
    return table.where(rows["group"].isin(first["group"][turn % every == 0]))


def one_epoch(
    name: str, table: SliceTable, weights: Path | None, changes: Sequence[str] = ()
) -> tuple[float, float, str]:
    """Train one epoch; return its first loss, the same by hand, and the line of the table."""
    recipe: Recipe = load_recipe(f"paper/{name}", ["training.epochs=1", *changes])
    watch, began = Watch(), time.perf_counter()
    try:
        find_weights(recipe.timm_name, weights or "none")
        start: Path | str = weights or "none"
    except WeightsError:
        start = "none"
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch("hilum.learn.prepare_training.build_network", watch.build),
        mock.patch("hilum.learn.fit.loss_of", watch.loss_of),
    ):
        run: Run = hilum.train(table, recipe, out=Path(folder) / name, weights=start)
        history = run.history_file.read_text().splitlines()
    took = time.perf_counter() - began
    row = dict(zip(history[0].split(","), history[1].split(","), strict=True))
    hand = by_hand(watch, len(recipe.network.hidden))
    assert watch.loss is not None
    slices = int((table.rows["split"] == "train").sum())
    line = (
        f"| `paper/{name}` | {'random, whole network' if start == 'none' else 'given'} | "
        f"{recipe.input.size} | {slices} | {watch.loss:.6f} | {hand:.6f} | "
        f"{abs(watch.loss - hand):.1e} | {float(row['train_loss']):.4f} | "
        f"{float(row['validation_loss']):.4f} | {took:.0f} s |"
    )
    return watch.loss, hand, line


def main() -> None:
    """Print the table, line by line as it comes."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("table", type=Path)
    options.add_argument("networks", nargs="*", default=list(known_networks()))
    options.add_argument("--weights", type=Path)
    options.add_argument("--every", type=int, default=6, help="take every n-th group")
    requested = options.parse_intermixed_args()
    table = part_of(hilum.read_table(requested.table), requested.every)
    print(HEADING, flush=True)
    for name in requested.networks:
        print(one_epoch(name, table, requested.weights)[-1], flush=True)


if __name__ == "__main__":
    main()
