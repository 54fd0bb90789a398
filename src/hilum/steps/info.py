"""Description of a run in a few lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hilum.errors import RunError
from hilum.run import Run, as_run
from hilum.run.network import REPEATED, network_facts
from hilum.scores.interval_text import interval_text, spread_text
from hilum.table import read_csv

__all__ = ["describe_run"]

Description = dict[str, Any]
"""The description of a run: heading -> text; a list has a line each."""


def describe_run(run: Run | Path | str, *, layers: bool = False) -> Description:
    """Return a description of a run: network, data, training and, once evaluated, metrics.

    It includes the `members` of an ensemble, the `folds` of a cross-validation and the `seeds` of a
    repeated training, a line each.

    Args:
        run: a finished run or its folder.
        layers: list the backbone's modules in the order in which they run, with the shape of their
            output (channels, rows, columns), frozen or trained, and the default layer of maps;
            needs torch.

    Raises:
        UsageError: `layers` for a run without a network of its own.
        RunError: the run is incomplete.
    """
    run = as_run(run)
    try:
        content = {**_made_of(run), **_of_data(run), **_decides(run), **_figures(run)}
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(
            f"{run.folder} is not a complete run: network.json, environment.json or metrics.json "
            f"lacks {error}; train or evaluate it again."
        ) from None
    if layers:
        content["layers"] = _layers(run)
    return content


def _layers(run: Run) -> list[Description]:
    """Return a line for each module of the backbone, in forward order."""
    from hilum.learn.maps import list_layers
    from hilum.learn.predict import load_network

    network, description = load_network(run), run.description
    layers = list_layers(network, network_facts(run).size)
    last = description.cam_layer or next(
        (one.path for one in reversed(layers) if one.shape is not None), ""
    )
    return [
        {
            "layer": one.path,
            "kind": one.kind,
            "map": list(one.shape) if one.shape else None,
            "state": "frozen" if one.frozen else "trained",
            "default": one.path == last,
        }
        for one in layers
    ]


def _made_of(run: Run) -> Description:
    """Return the run's network, and the weights it started from."""
    network, parts = run.network(), {
        "ensemble": _members, "cross-validation": _folds, REPEATED: _seeds,
    }  # fmt: skip
    content: Description = {"network": network["title"]}
    if run.kind in parts:
        content |= parts[run.kind](run)
    else:
        size = network["input"]["size"]
        content["network"] += f" (timm {network['timm']})"
        content["weights"] = run.environment()["weights"]["origin"]
        content["input"] = f"{size} x {size}"
        content["trained from"] = network["train_from"]
    content["classes"] = f"{', '.join(network['class_names'])}; positive: {network['positive']}"
    if run.kind == "network" or "parameters" in network:
        content["parameters"] = f"{network['parameters']['total']:,}"
        content["trained parameters"] = f"{network['parameters']['trained']:,}"
    return content


def _members(run: Run) -> Description:
    """Return a line for each network that an ensemble averages."""
    return {
        "members": [
            f"members/{one['name']}: {one['title']}, {one['size']} x {one['size']}, "
            f"{one['parameters']['total']:,} parameters, weights: {one['origin']}"
            for one in run.network()["members"]
        ]
    }


def _folds(run: Run) -> Description:
    """Return a line for each fold of a cross-validation, as folds.csv and metrics.json have it."""
    scored = run.metrics().get("folds", {}) if run.metrics_file.is_file() else {}
    tested = {one["run"]: one["auc"] for one in scored.get("each", ())}
    lines = []
    for one in read_csv(run.folder / "folds.csv").to_dict("records"):
        auc = tested.get(one["run"])
        reached = "" if auc is None else f", test AUC {auc:.3f}"
        lines.append(f"{one['run']}: best epoch {one['best_epoch']}{reached}")
    mean = {"mean AUC of the folds": interval_text(scored["mean"]["auc"])} if scored else {}
    return {"folds": lines, **mean}


def _seeds(run: Run) -> Description:
    """Return a line for each training of a repeated one, as seeds.csv and metrics.json have it."""
    reached = {one["run"]: one for one in run.metrics()["seeds"]["each"]}
    return {
        "seeds": [
            f"{one['run']}: best epoch {one['best_epoch']}, test AUC "
            f"{interval_text(reached[one['run']]['per_slice']['auc'])}"
            for one in read_csv(run.folder / "seeds.csv").to_dict("records")
        ]
    }


def _of_data(run: Run) -> Description:
    """Return the training data and the training time."""
    environment, table = run.environment(), run.table()
    return {
        "slices": f"{len(table)} of {table.rows['group'].nunique()} groups",
        "sources": ", ".join(sorted(table.rows["source"].unique())),
        "trained in": f"{environment['seconds']:.0f} s on {environment['processor']}",
    }


def _decides(run: Run) -> Description:
    """Return thresholds and temperature, where the run was evaluated and has them."""
    network = run.network()
    content, fit = {}, network.get("calibration", {})
    if network.get("thresholds"):
        points = network["thresholds"].items()
        content["thresholds"] = ", ".join(f"{name} = {at:.3g}" for name, at in points)
    if fit.get("fitted"):
        content["temperature"] = f"{fit['temperature']:.3g}, fitted on {fit['fitted_on']}"
    return content


def _figures(run: Run) -> Description:
    """Return the headline metrics, if the run was evaluated."""
    if not run.metrics_file.is_file():
        return {}
    metrics = run.metrics()
    if run.kind == REPEATED:
        return _spread(metrics)
    test = metrics["splits"]["test"]
    on = "out-of-fold" if run.kind == "cross-validation" else "test"
    return {
        f"{on} AUC per slice": interval_text(test["per_slice"]["figures"]["auc"]),
        f"{on} AUC per group": interval_text(test["per_group"]["figures"]["auc"]),
        "border AUC": interval_text(metrics["border_probe"]["test"]["auc"]),
        "design": metrics["design"]["level"],
        "leak": metrics["split"]["leak"]["sentence"],
    }


def _spread(metrics: dict[str, Any]) -> Description:
    """Return the figures of a repeated training to be read first."""
    spread = metrics["seeds"]["spread"]
    return {
        "mean test AUC per slice": spread_text(spread["per_slice"]["auc"]),
        "mean test AUC per group": spread_text(spread["per_group"]["auc"]),
        "border AUC": interval_text(metrics["border_probe"]["test"]["auc"]),
        "design": metrics["design"]["level"],
        "leak": metrics["split"]["leak"]["sentence"],
    }
