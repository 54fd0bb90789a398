"""What a run is, in a few lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hilum.errors import RunError
from hilum.run import Run, open_run

__all__ = ["describe_run"]


def describe_run(run: Run | Path | str, *, layers: bool = False) -> dict[str, Any]:
    """Return what a run is: network, data, training and, where it was evaluated, its figures.

    Args:
        run: a finished run or its folder.
        layers: list the backbone's modules in their order, each frozen or trained; needs torch.
    """
    run = run if isinstance(run, Run) else open_run(run)
    try:
        told = _facts(run)
    except (KeyError, TypeError) as error:
        raise RunError(
            f"{run.folder} is not a whole run: network.json, environment.json or metrics.json "
            f"lacks {error}; train or evaluate it again."
        ) from None
    if layers:
        from hilum.learn.networks import list_layers
        from hilum.learn.predict import load_network

        told["layers"] = list_layers(load_network(run))
    return told


def _facts(run: Run) -> dict[str, Any]:
    """Return all that the run's files say."""
    network, environment, table = run.network(), run.environment(), run.table()
    weights, size = environment["weights"], network["input"]["size"]
    told: dict[str, Any] = {
        "network": f"{network['title']} (timm {network['timm']})",
        "weights": weights["origin"],
        "classes": ", ".join(network["class_names"]) + f"; positive: {network['positive']}",
        "input": f"{size} x {size}",
        "parameters": f"{network['parameters']['total']:,}",
        "trained parameters": f"{network['parameters']['trained']:,}",
        "trained from": network["train_from"],
        "slices": f"{len(table)} of {table.rows['group'].nunique()} groups",
        "sources": ", ".join(sorted(table.rows["source"].unique())),
        "trained in": f"{environment['seconds']:.0f} s on {environment['processor']}",
    }
    if run.metrics_file.is_file():
        metrics = run.metrics()
        told["test AUC per slice"] = _interval(
            metrics["splits"]["test"]["per_slice"]["figures"]["auc"]
        )
        told["border AUC"] = _interval(metrics["border_probe"]["test"]["auc"])
        told["design"] = metrics["design"]["level"]
        told["leak"] = metrics["split"]["leak"]["sentence"]
    return told


def _interval(figure: dict[str, Any]) -> str:
    if figure["value"] is None:
        return "undefined"
    mark = "*" if figure["method"] == "exact" else ""
    return f"{figure['value']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]{mark}"
