"""What a Grad-CAM costs next to its forward pass, and the memory of many maps.

    python benchmarks/maps.py [--networks resnet50 ...] [--batch 8] [--maps 200 2000 10000]
                              [--place FOLDER]

First table: each of the nine networks at its paper size with random weights (speed does not depend
on them), a batch in memory, float32. `forward` is the network alone, without gradients; `Grad-CAM`
is logits and maps of the last layer; `ratio` is their quotient, best of several by best of several,
which take turns; the aim is 2.5 at the most. `all layers` are the maps averaged over all
convolutions.

Second table: `hilum explain` of a small phantom network on so many test slices of 64 x 64 pixels,
a process each, looked at twenty times a second; see `memory.py` for `own`. They are 200 phantoms
under so many names: memory doesn't depend on what a slice shows. They are decoded before. `with
localisation` is the same command without `--no-localise`: it holds each map against its box, next
to an untrained network's. Linux only. Prints Markdown.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import torch
from _machine import describe, row, timed
from memory import hilum, phantoms, watched

from hilum.catalogue.networks import known_networks
from hilum.learn.data import as_batch
from hilum.learn.device import keep_memory
from hilum.learn.maps import LAST, choose_layers, map_layers
from hilum.learn.networks import Classifier, build_network
from hilum.learn.weights import Weights
from hilum.recipe import load_recipe
from hilum.run import Run
from hilum.table import SliceTable, read_table, write_table

TURNS = 4
"""Of each thing that is timed, after one that isn't."""
AIM = 2.5
"""A Grad-CAM costs at most so many forward passes."""
MAPS = (200, 2_000, 10_000)
TRAINED_ON = 200
FLAT = 50
"""MB that ten thousand maps may take more than two hundred: a table of ten thousand rows."""


def network_of(name: str) -> Classifier:
    """Return a paper's network with random weights, frozen at its cut."""
    known = known_networks()[name]
    recipe = load_recipe(f"paper/{name}", [f"input.size={known.size}"])
    torch.manual_seed(0)
    start = Weights(known.timm, None, "random", "", (0.5,) * 3, (0.25,) * 3, size=known.size)
    network = build_network(recipe, start, classes=2, frozen_random=True)
    return network.eval().requires_grad_(False)


def cost(name: str, batch: int) -> float:
    """Print a network's row and return the ratio of Grad-CAM to forward pass."""
    known, network = known_networks()[name], network_of(name)
    grey = np.random.default_rng(0).integers(0, 256, (batch, known.size, known.size), np.uint8)
    target, layers = np.zeros(batch, np.int64), {}
    for layer in (LAST, "all"):
        layers[layer] = choose_layers(network, layer, size=known.size, last=known.cam_layer)

    @torch.inference_mode()
    def forward() -> None:
        network(as_batch(grey, "cpu"))

    def last() -> None:
        map_layers(network, grey, target, looked=layers[LAST])

    def every() -> None:
        map_layers(network, grey, target, looked=layers["all"])

    seconds: dict[str, list[float]] = {"forward": [], "last": [], "every": []}
    for turn in range(TURNS + 1):
        for key, work in (("forward", forward), ("last", last)):
            seconds[key] += timed(work, 1) if turn else timed(work, 1)[:0]
    seconds["every"] = timed(every, 2)
    best = {key: min(times) for key, times in seconds.items()}
    ratio = best["last"] / best["forward"]
    content = [f"{1000 * best[key]:,.0f} ms" for key in ("forward", "last")]
    more = f"{best['every'] / best['forward']:.1f} ({len(layers['all'].paths)})"
    print(row(known.title, known.size, *content, f"{ratio:.2f}", more), flush=True)
    return ratio


def under_names(table: SliceTable, count: int, folder: Path) -> SliceTable:
    """Return a table of `count` test slices in `folder`, which are those of `table`, repeated."""
    folder.mkdir(exist_ok=True)
    rows = table.rows.iloc[np.arange(count) % len(table)].reset_index(drop=True)
    names = [f"{number}.png" for number in range(count)]
    for name, path in zip(names, rows["path"], strict=True):
        (folder / name).unlink(missing_ok=True)
        (folder / name).hardlink_to(table.folder / path)
    alike = {"path": names, "slice_id": names, "split": "test", "mask": ""}
    return SliceTable(rows.assign(**alike), folder, table.name)


def explained(location: Path, counts: list[int]) -> dict[int, float]:
    """Print a row for each number of maps and return their peaks of own memory, MB."""
    run, cache = location / "run", location / "cache"
    drawn = phantoms(location, TRAINED_ON)
    table = read_table(drawn)
    train = hilum(
        "train", drawn, "--recipe", "phantom", "--weights", "none",
        "--out", run, "--set", "training.epochs=1", "--set", "input.size=64",
    )  # fmt: skip
    subprocess.run(train, check=True, capture_output=True)
    peaks = {}
    for count in counts:
        write_table(under_names(table, count, location / f"{count} names"), Run(run).table_file)
        localised = watched(hilum("explain", run), cache)  # decodes, too
        peak = watched(hilum("explain", run, "--no-localise"), cache)
        disk = sum(path.stat().st_size for path in Run(run).maps.glob("maps-*.npz")) / 1e6
        content = (f"{peak.seconds:,.0f} s", f"{peak.own:,.0f} MB", f"{disk:,.1f} MB",
                f"{localised.own:,.0f} MB")  # fmt: skip
        print(row(f"{count:,}", *content), flush=True)
        peaks[count] = peak.own
    return peaks


def main() -> None:
    """Print both tables and what follows from them."""
    options = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    options.add_argument("--networks", nargs="+", default=sorted(known_networks()))
    options.add_argument("--batch", type=int, default=8)
    options.add_argument("--maps", type=int, nargs="+", default=MAPS)
    options.add_argument("--place", type=Path)
    requested = options.parse_args()
    keep_memory()
    print(f"{describe()}\n- Batch: {requested.batch} slices\n")
    print(row("network", "size", "forward", "Grad-CAM", "ratio", "all layers: ratio (layers)"))
    print(row(*["---"] * 6), flush=True)
    worst = max(cost(name, requested.batch) for name in requested.networks)
    print(f"\n- at most {worst:.2f} forward passes, {'under' if worst <= AIM else 'OVER'} {AIM}\n")
    print(row("maps", "time", "own", "raw maps on disk", "own, with localisation"))
    print(row(*["---"] * 5), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        location = requested.place or Path(folder)
        location.mkdir(parents=True, exist_ok=True)
        peaks = explained(location, sorted(requested.maps))
    grown = peaks[max(peaks)] - peaks[min(peaks)]
    retained = "under" if grown <= FLAT else "OVER"
    print(f"\n- from {min(peaks):,} to {max(peaks):,} maps {grown:+,.0f} MB, {retained} {FLAT} MB")


if __name__ == "__main__":
    main()
