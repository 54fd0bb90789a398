"""Runs whose networks were never trained, made in a moment: what they say differs, and that is all
that tests of averaging need."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import torch

from hilum.learn.checkpoint import save_weights
from hilum.learn.networks import build_network, count_parameters
from hilum.learn.weights import Weights
from hilum.recipe import dump_recipe, load_recipe
from hilum.run import Run, write_json
from hilum.table import SliceTable, write_csv, write_table

MEAN, STD = (0.5, 0.5, 0.5), (0.25, 0.25, 0.25)


def make_untrained(
    folder: Path,
    table: SliceTable,
    *,
    seed: int,
    size: int = 64,
    backbone: str = "resnet10t",
    pretrained: bool = True,
) -> Run:
    """Write a finished run of a network with random weights."""
    names = tuple(table.labels)
    changes = [f'network.backbone="{backbone}"', f"input.size={size}", 'network.train_from="all"']
    recipe = load_recipe("phantom", [*changes, f"classes.names={list(names)}"])
    torch.manual_seed(seed)
    start = Weights.placeholder(recipe, MEAN, STD)
    network = build_network(recipe, start, classes=len(names)).eval()
    with torch.no_grad():  # untrained, it hardly tells slices apart
        network.head[-1].weight *= 40
    total, trained = count_parameters(network)
    run = Run(folder)
    folder.mkdir(parents=True)
    run.recipe_file.write_text(dump_recipe(recipe), encoding="utf-8")
    write_table(table, run.table_file)
    network_json = {
        "backbone": backbone, "title": f"Net {folder.name}", "timm": recipe.timm_name,
        "class_names": list(names), "positive": "cancer",
        "input": {"size": size, "mean": list(MEAN), "std": list(STD)}, "windows": ["1400/-700"],
        "train_from": "all", "parameters": {"total": total, "trained": trained}, "cam_layer": "",
    }  # fmt: skip
    write_json(network_json, run.network_file)
    weights = {
        "network": recipe.timm_name, "origin": "folder w" if pretrained else "random", "sha256": "",
        "pretrained": pretrained, "licence": "",
    }  # fmt: skip
    write_json(
        {"hilum": "0.1.0", "command": "made", "started": "2026-11-23T17:00:00+00:00",
         "processor": "x", "weights": weights, "seconds": 10.5},
        run.environment_file,
    )  # fmt: skip
    columns = ("learning_rate", "train_loss", "validation_loss", "validation_accuracy",
               "validation_auc", "seconds")  # fmt: skip
    row = {"epoch": 1, **dict.fromkeys(columns, 0.5), "best": 1}
    write_csv(pd.DataFrame([row]), run.history_file)
    save_weights(network, run.weights_file)
    return run
