"""How well maps find tumours: metrics of one map, its controls, and means with intervals."""

from hilum.boxes import Region, box_region
from hilum.scores.localisation.controls import (
    centre_prior,
    chance_level,
    edge_map,
    lesion_prior,
    random_boxes,
)
from hilum.scores.localisation.metrics import (
    HOT,
    LEVELS,
    MEASURED,
    METRICS,
    MISSED,
    Found,
    Map,
    find,
    find_state,
)
from hilum.scores.localisation.region import (
    SIZES,
    area_share,
    extent,
    size_of,
)
from hilum.scores.localisation.summary import (
    CONTROLS,
    NETWORK,
    metric_column,
    subsets,
    summarise,
)

__all__ = [
    "CONTROLS",
    "HOT",
    "LEVELS",
    "MEASURED",
    "METRICS",
    "MISSED",
    "NETWORK",
    "SIZES",
    "Found",
    "Map",
    "Region",
    "area_share",
    "box_region",
    "centre_prior",
    "chance_level",
    "edge_map",
    "extent",
    "find",
    "find_state",
    "lesion_prior",
    "metric_column",
    "random_boxes",
    "size_of",
    "subsets",
    "summarise",
]
