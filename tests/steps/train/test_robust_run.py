"""A robust recipe: its run is evaluated, explained and predicted as any other."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import hilum
from hilum.engines import open_run_onnx
from hilum.learn.predict import load_network, open_torch
from hilum.learn.robust.map_head import MapHead
from hilum.prepare import decode_table
from hilum.recipe import load_recipe
from hilum.sources import BuildOptions, PhantomSettings, build_table
from hilum.splits import split_table
from hilum.table import SliceTable

QUICK = (
    "input.harmonise=false", "input.size=64", "training.epochs=1", "training.batch_size=8",
    "training.precision=float32",
)  # fmt: skip


def phantoms(folder: Path, *, patients: int, link: float, seed: int, size: int = 96) -> SliceTable:
    folder.mkdir()
    settings = PhantomSettings(
        patients=patients, slices_per_patient=2, classes=("cancer", "normal"), link=link,
        seed=seed, size=size,
    )  # fmt: skip
    out = folder / "slices.csv"
    built = build_table([("phantom", folder)], out=out, options=BuildOptions(phantom=settings))
    return split_table(built.table)


def test_a_robust_run_goes_the_usual_way(tmp_path: Path) -> None:
    table = phantoms(tmp_path / "linked", patients=12, link=1, seed=1, size=64)
    recipe = load_recipe("robust/test_resnet", QUICK)
    run = hilum.train(table, recipe, out=tmp_path / "run", weights="none")
    assert isinstance(load_network(run).head, MapHead)
    with decode_table(table, size=64) as decoded:
        grey = np.asarray(decoded.grey[:6])
    by_onnx = open_run_onnx(run).logits(grey)
    assert by_onnx.shape == (6, 2)
    assert np.allclose(open_torch(run)[0].logits(grey), by_onnx, atol=1e-3)
    hilum.evaluate(run)
    predicted = run.predictions()[["probability_cancer", "probability_normal"]]
    assert np.allclose(predicted.sum(axis=1), 1, atol=1e-5)
    hilum.explain(run)
    assert (run.maps / "index.csv").is_file()
