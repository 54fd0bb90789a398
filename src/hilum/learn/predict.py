"""Trained networks and what they say of slices, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from hilum.errors import RunError, UsageError
from hilum.learn.checkpoint import load_weights
from hilum.learn.data import as_batch
from hilum.learn.networks import Classifier, build_network
from hilum.learn.weights import Weights
from hilum.run import Run

__all__ = ["Member", "load_network", "load_networks", "mean_probabilities", "probabilities"]


@dataclass(frozen=True)
class Member:
    """One of the networks that answer for a run, and how it is asked.

    Attributes:
        network: ready to predict.
        size: side of the square that it sees, pixels.
        cam_layer: timm path of the layer that Grad-CAM looks at; empty: the last feature map.
    """

    network: Classifier
    size: int
    cam_layer: str


def load_networks(run: Run) -> list[Member]:
    """Return the networks that answer for a run: its own, or all members of an ensemble.

    Raises:
        UsageError: the run is a cross-validation, which has no network to ask.
        RunError: see `load_network`.
    """
    runs = run.member_runs() if run.kind == "ensemble" else [run]
    return [
        Member(load_network(one), _told(one)["size"], str(one.network().get("cam_layer", "")))
        for one in runs
    ]


def load_network(run: Run) -> Classifier:
    """Return the trained network of a finished run, ready to predict, on the GPU if there is one.

    Raises:
        UsageError: the run is an ensemble or a cross-validation, and has none of its own.
        RunError: network.json or the weights are missing, broken, or do not fit the recipe.
    """
    _refuse_without_network(run)
    told, recipe = _told(run), run.recipe()
    start = Weights(recipe.timm_name, None, "", "", told["mean"], told["std"])
    network = build_network(recipe, start, classes=told["classes"])
    network.scale(told["mean"], told["std"])
    load_weights(network, run.weights_file)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return network.to(device).eval().requires_grad_(False)


def _told(run: Run) -> dict[str, Any]:
    """Return what network.json says of the input (`size`, `mean`, `std`) and of the `classes`."""
    told = run.network()
    try:
        mean, std = tuple(told["input"]["mean"]), tuple(told["input"]["std"])
        size, classes = int(told["input"]["size"]), len(told["class_names"])
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(f"{run.network_file} lacks {error}: it is not a whole run.") from None
    return {"size": size, "mean": mean, "std": std, "classes": classes}


def _refuse_without_network(run: Run) -> None:
    """Refuse a run that has no network of its own, and say which folders have one."""
    if run.kind == "network":
        return
    article = "an" if run.kind == "ensemble" else "a"
    found = sorted(path.name for path in run.members.iterdir()) if run.members.is_dir() else []
    raise UsageError(
        f"{run.folder} is {article} {run.kind} and has no network of its own; take one of its "
        f"members: {', '.join(str(run.members / name) for name in found) or 'there are none'}."
    )


@torch.inference_mode()
def probabilities(
    network: Classifier, batches: Iterable[npt.NDArray[np.uint8]]
) -> Iterator[npt.NDArray[np.float64]]:
    """Yield class probabilities (n, classes) of each (n, size, size) uint8 batch; rows sum to 1."""
    device = next(network.parameters()).device
    for grey in batches:
        logits = network(as_batch(grey, device))
        if not torch.isfinite(logits).all():
            raise RunError("the network gives no numbers: its training diverged; train it again.")
        yield torch.softmax(logits.double(), dim=1).cpu().numpy()


def mean_probabilities(
    members: Sequence[Member], grey: Mapping[int, npt.NDArray[np.uint8]]
) -> npt.NDArray[np.float64]:
    """Return the members' class probabilities (n, classes) of a batch, averaged; rows sum to 1.

    Every member has the same say. One member's mean is what it says itself, to the last bit.

    Args:
        members: of the same classes in the same order.
        grey: for each member's size the same n slices, (n, size, size) uint8.
    """
    said = [next(probabilities(member.network, [grey[member.size]])) for member in members]
    return np.asarray(np.mean(said, axis=0), dtype=np.float64)
