"""How well maps find tumours: figures of one map, its controls, and means with intervals."""

from hilum.scores.localisation.controls import (
    centre_prior,
    chance,
    edge_map,
    lesion_prior,
    random_boxes,
)
from hilum.scores.localisation.figures import (
    FIGURES,
    HOT,
    LEVELS,
    MEASURED,
    MISSED,
    Found,
    Map,
    find,
    find_state,
)
from hilum.scores.localisation.region import (
    SIZES,
    Region,
    area_share,
    box_region,
    extent,
    size_of,
)
from hilum.scores.localisation.summary import (
    CONTROLS,
    NETWORK,
    figure_column,
    subsets,
    summarise,
)

__all__ = [
    "CONTROLS",
    "FIGURES",
    "HOT",
    "LEVELS",
    "MEASURED",
    "MISSED",
    "NETWORK",
    "SIZES",
    "Found",
    "Map",
    "Region",
    "area_share",
    "box_region",
    "centre_prior",
    "chance",
    "edge_map",
    "extent",
    "figure_column",
    "find",
    "find_state",
    "lesion_prior",
    "random_boxes",
    "size_of",
    "subsets",
    "summarise",
]
