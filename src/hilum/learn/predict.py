"""A trained network and what it says of slices, batch by batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import torch

from hilum.errors import RunError
from hilum.learn.checkpoint import load_weights
from hilum.learn.data import as_batch
from hilum.learn.networks import Classifier, build_network
from hilum.learn.weights import Weights
from hilum.run import Run

__all__ = ["load_network", "probabilities"]


def load_network(run: Run) -> Classifier:
    """Return the trained network of a finished run, ready to predict, on the GPU if there is one.

    Raises:
        RunError: network.json or the weights are missing, broken, or do not fit the recipe.
    """
    told = run.network()
    recipe = run.recipe()
    try:
        mean, std = tuple(told["input"]["mean"]), tuple(told["input"]["std"])
        classes = len(told["class_names"])
    except (KeyError, TypeError) as error:
        raise RunError(f"{run.network_file} lacks {error}: it is not a whole run.") from None
    start = Weights(recipe.timm_name, None, "", "", mean, std)
    network = build_network(recipe, start, classes=classes)
    network.scale(mean, std)
    load_weights(network, run.weights_file)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return network.to(device).eval().requires_grad_(False)


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
