"""Run folders with plausible, invented numbers: nothing in them was measured."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from hilum.report import render

RECIPE = """\
[classes]
names = ["cancer", "pneumonia"]
positive = "cancer"

[network]
backbone = "mobilenetv2"
train_from = "blocks.4.2"
frozen_batchnorm = "stored"
hidden = [64]

[training]
epochs = 8
batch_size = 32
learning_rate = 1e-4
weighted = true
"""

SPLIT_SIZES = {"train": (800, 274), "validation": (170, 58), "test": (180, 60)}


def figure(
    value: float | None, low: float | None, high: float | None, **more: str
) -> dict[str, Any]:
    return {"value": value, "low": low, "high": high, "method": "bootstrap"} | more


def block(n: int, groups: int, names: list[str], auc: dict[str, Any]) -> dict[str, Any]:
    share = n // len(names)
    counts = [[1] * len(names) for _ in names]
    for row in range(len(names)):
        counts[row][row] = share - len(names) + 1
    return {
        "n": n,
        "groups": groups,
        "by_class": dict.fromkeys(names, share),
        "figures": {
            "accuracy": figure(0.9722, 0.9431, 0.9889),
            "precision": figure(0.9634, 0.9112, 0.9877),
            "recall": figure(0.9751, 0.9261, 0.9923),
            "specificity": figure(0.9702, 0.9234, 0.9911),
            "f1": figure(0.9692, 0.9321, 0.9883),
            "auc": auc,
        },
        "confusion": counts,
        "roc": {"fpr": [0.0, 0.0, 0.01, 0.04, 0.2, 1.0], "tpr": [0.0, 0.6, 0.93, 0.98, 1.0, 1.0]},
    }


def lead(network_auc: dict[str, Any], probe_auc: dict[str, Any]) -> dict[str, Any]:
    """A plausible paired difference: its interval is that of two independent figures."""
    ends = [network_auc["low"], network_auc["high"], probe_auc["low"], probe_auc["high"]]
    if any(end is None for end in ends):
        return {"value": None, "low": None, "high": None, "method": "bootstrap", "note": "none"}
    value = network_auc["value"] - probe_auc["value"]
    low, high = ends[0] - ends[3], ends[1] - ends[2]
    return {"value": value, "low": low, "high": high, "method": "bootstrap"}


def metrics(
    *,
    names: list[str],
    level: str,
    network_auc: dict[str, Any],
    probe_auc: dict[str, Any],
    leak_groups: int,
) -> dict[str, Any]:
    tied = level == "confounded"
    sources = ["ct-pneumonia", "msd-lung"]
    slices = [[0, 509], *([641 - 9 * i, 0] for i in range(len(names) - 1))]
    if not tied:
        slices = [[210 + 7 * i, 299 - 5 * i] for i in range(len(names))]
    sentence = "Every source holds every class."
    if tied:
        sentence = (
            "Each class comes from sources of its own: cancer from msd-lung, pneumonia from "
            "ct-pneumonia; the question 'disease or source?' can't be answered by these data."
        )
    leak = "No group is in more than one split."
    if leak_groups:
        leak = f"{leak_groups} groups are in train and test: 41 % of the test slices leak."
    return {
        "hilum": "0.1.0",
        "positive": "cancer",
        "class_names": names,
        "interval": {
            "level": 0.95,
            "unit": "group",
            "resamples": 2000,
            "seed": 0,
            "method": "percentile bootstrap over groups",
        },
        "design": {
            "level": level,
            "sentence": sentence,
            "labels": names,
            "sources": sources,
            "slices": slices,
            "groups": [[(count + 3) // 4 for count in row] for row in slices],
            "cramers_v": 1.0 if tied else 0.02,
        },
        "split": {
            "slices": {name: size[0] for name, size in SPLIT_SIZES.items()},
            "groups": {name: size[1] for name, size in SPLIT_SIZES.items()},
            "leak": {
                "groups": leak_groups,
                "share_of_test_slices": 0.41 if leak_groups else 0.0,
                "sentence": leak,
            },
        },
        "border_probe": {
            "sentence": "Grey levels of the outermost 8 pixels alone reach this AUC.",
            "pixels": 8,
            "validation": {"auc": probe_auc},
            "test": {
                "auc": probe_auc,
                "network_minus_border": lead(network_auc, probe_auc),
                "roc": {"fpr": [0.0, 0.02, 0.1, 0.3, 1.0], "tpr": [0.0, 0.7, 0.9, 0.99, 1.0]},
            },
        },
        "splits": {
            name: {
                "per_slice": block(*size, names, network_auc),
                "per_group": block(size[1], size[1], names, network_auc),
            }
            for name, size in SPLIT_SIZES.items()
        },
    }


def environment(*, pretrained: bool) -> dict[str, Any]:
    return {
        "hilum": "0.1.0",
        "command": "hilum train slices.csv --recipe mobilenetv2 --out runs/first",
        "started": "2026-11-23T17:00:00+00:00",
        "seconds": 231.4,
        "python": "3.11.7",
        "platform": "Linux-6.1-x86_64",
        "processor": "x86-64",
        "cores": 2,
        "device": "cpu",
        "precision": "float32",
        "processes": 1,
        "seed": 0,
        "packages": {"torch": "2.14.1", "timm": "1.0.31", "numpy": "2.1.0"},
        "weights": {
            "network": "mobilenetv2_100",
            "origin": "folder weights/mobilenetv2_100" if pretrained else "none",
            "sha256": "ab12" * 16 if pretrained else "",
            "pretrained": pretrained,
            "note": "",
        },
    }


def write_history(path: Path) -> None:
    epochs = np.arange(1, 9)
    rows = pd.DataFrame(
        {
            "epoch": epochs,
            "learning_rate": 1e-4,
            "train_loss": np.round(0.66 * 0.72**epochs, 4),
            "validation_loss": np.round(0.6 * 0.7**epochs + 0.008 * epochs, 4),
            "validation_accuracy": np.round(1 - 0.3 * 0.7**epochs, 4),
            "validation_auc": np.round(1 - 0.2 * 0.6**epochs, 4),
            "seconds": 28.9,
            "best": (epochs == 6).astype(int),
        }
    )
    rows.to_csv(path, index=False)


def write_maps(folder: Path, names: list[str], ids: list[str]) -> None:
    """Write two pictures a kind; the last one has a map of zeros."""
    (folder / "maps" / "pictures").mkdir(parents=True)
    row, column = np.mgrid[-1:1:128j, -1:1:128j]
    rows = []
    for index, kind in enumerate(("sure", "sure", "unsure", "unsure", "wrong", "wrong")):
        body = np.clip(255 * (row**2 / 0.6 + column**2 / 0.8 < 1) * (0.4 + 0.3 * row**2), 0, 255)
        heat = np.exp(-8 * ((row - 0.1 * index) ** 2 + (column + 0.3) ** 2))
        grey = np.stack([body] * 3, axis=2)
        warm = grey * 0.6 + 100 * heat[..., None] * np.array([1.0, 0.7, 0.1])
        pair = np.concatenate([grey, warm], axis=1).clip(0, 255).astype(np.uint8)
        picture = f"maps/pictures/{index}.png"
        Image.fromarray(pair).save(folder / picture)
        wrong = kind == "wrong"
        rows.append(
            {
                "slice_id": ids[index % len(ids)],
                "kind": kind,
                "label": names[0],
                "predicted": names[1] if wrong else names[0],
                "target": names[1] if wrong else names[0],
                "probability": 0.53 if kind == "unsure" else 0.9871,
                "picture": picture,
                "state": "zero map" if index == 5 else "ok",
            }
        )
    pd.DataFrame(rows).to_csv(folder / "maps" / "shown.csv", index=False)


def build_run(
    run: Path,
    *,
    names: Sequence[str] = ("cancer", "pneumonia"),
    level: str = "confounded",
    network_auc: Mapping[str, Any] | None = None,
    probe_auc: Mapping[str, Any] | None = None,
    leak_groups: int = 0,
    pretrained: bool = True,
    maps: bool = True,
    ids: Sequence[str] = ("msd-lung/lung_001/z104", "ct-pneumonia/PMC0000001/f2"),
) -> Path:
    """Write a run folder to `run`; the arguments are what a test is about."""
    run.mkdir(parents=True)
    content = metrics(
        names=list(names),
        level=level,
        network_auc=dict(network_auc or figure(0.9912, 0.9812, 0.9987)),
        probe_auc=dict(probe_auc or figure(0.9931, 0.9823, 0.9989)),
        leak_groups=leak_groups,
    )
    write_json(run / "metrics.json", content)
    write_json(run / "environment.json", environment(pretrained=pretrained))
    write_json(run / "network.json", network(list(names)))
    (run / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    write_history(run / "history.csv")
    rows = pd.DataFrame({"slice_id": [f"s{i}" for i in range(1150)], "path": "a.png"})
    rows["label"] = [names[i % len(names)] for i in range(1150)]
    rows["group"] = [f"g{i % 392}" for i in range(1150)]
    rows["source"] = ["msd-lung" if i % len(names) == 0 else "ct-pneumonia" for i in range(1150)]
    rows.to_csv(run / "slices.csv", index=False)
    rows[["slice_id", "group", "label"]].to_csv(run / "predictions.csv", index=False)
    if maps:
        write_maps(run, list(names), list(ids))
    return run


@pytest.fixture
def make_run(tmp_path: Path) -> Callable[..., Path]:
    """`build_run` into this test's own folder."""
    return partial(build_run, tmp_path / "run")


@pytest.fixture(scope="session")
def usual_page(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The page of a run on a confounded design, drawn once for all tests that only read it."""
    return render(build_run(tmp_path_factory.mktemp("usual") / "run"))


def network(names: list[str]) -> dict[str, Any]:
    return {
        "backbone": "mobilenetv2",
        "title": "MobileNetV2",
        "timm": "mobilenetv2_100",
        "class_names": names,
        "positive": "cancer",
        "input": {"size": 224, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]},
        "train_from": "blocks.4.2",
        "parameters": {"total": 2592578, "trained": 2110000},
        "cam_layer": "bn2",
    }


def write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, indent=1), encoding="utf-8")


def change_json(path: Path, change: Callable[[Any], object]) -> None:
    """Let `change` alter the content of a JSON file in place."""
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    write_json(path, content)


@pytest.fixture(name="change_json")
def change_json_fixture() -> Callable[[Path, Callable[[Any], object]], None]:
    """A function that lets another alter the content of a JSON file."""
    return change_json
