"""The methods by name: from a layer's activation and its gradient to a map.

Guided variants (guided backpropagation, guided Grad-CAM) are not among them: their maps are much
the same for a network with random weights (Adebayo et al. 2018, Sanity checks for saliency maps).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from hilum.cam_maps import LOGITS
from hilum.catalogue.suggest import nearest
from hilum.errors import UsageError
from hilum.learn.maps.eigencam import eigencam
from hilum.learn.maps.gradcam import gradcam
from hilum.learn.maps.gradcam_plus_plus import gradcam_plus_plus
from hilum.learn.maps.hirescam import hirescam
from hilum.learn.maps.layercam import layercam
from hilum.learn.maps.xgradcam import xgradcam

__all__ = ["METHODS", "Method", "find_method"]


@dataclass(frozen=True)
class Method:
    """A method that computes a map of a layer.

    Attributes:
        title: as its paper calls it.
        compute: (activation, gradient), both (n, channels, rows, columns) float32, to (n, rows,
            columns); negative values are set to 0 by the caller.
        unit: of the map's values.
        needs_gradient: else `compute` gets None for it, and the map is of no class.
        adds_up: values are contributions to a logit, per pixel, so that a map on a finer grid has
            smaller ones, and maps of several networks can be averaged as they are.
    """

    title: str
    compute: Callable[[Tensor, Any], Tensor]
    unit: str = LOGITS
    needs_gradient: bool = True
    adds_up: bool = True


METHODS = {
    "gradcam": Method("Grad-CAM", gradcam),
    "hirescam": Method("HiResCAM", hirescam),
    "gradcam++": Method(
        "Grad-CAM++", gradcam_plus_plus, unit="logits, summed over pixels", adds_up=False
    ),
    "layercam": Method("LayerCAM", layercam),
    "xgradcam": Method("XGrad-CAM", xgradcam),
    "eigencam": Method(
        "Eigen-CAM", eigencam, unit="activation of the layer", needs_gradient=False, adds_up=False
    ),
}
"""Name -> method; the first is the default."""


def find_method(name: str) -> Method:
    """Return the method called `name`.

    Raises:
        UsageError: there is none.
    """
    if name not in METHODS:
        raise UsageError(
            f"method must be one of {', '.join(METHODS)}; got {name!r}."
            f"{nearest(name, list(METHODS))}"
        )
    return METHODS[name]
