"""CAM maps: the regions of a slice that a class's logit depends on."""

from hilum.learn.maps.explainer import Explained, Explainer, mean_of_maps
from hilum.learn.maps.forward_pass import Pass, Said, map_layers
from hilum.learn.maps.layers import (
    GROUPS,
    LAST,
    LAST_MAP,
    Layer,
    Looked,
    choose_layers,
    list_layers,
)
from hilum.learn.maps.methods import METHODS, Method, find_method

__all__ = [
    "GROUPS",
    "LAST",
    "LAST_MAP",
    "METHODS",
    "Explained",
    "Explainer",
    "Layer",
    "Looked",
    "Method",
    "Pass",
    "Said",
    "choose_layers",
    "find_method",
    "list_layers",
    "map_layers",
    "mean_of_maps",
]
