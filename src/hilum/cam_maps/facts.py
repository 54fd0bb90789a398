"""What the maps of a folder are: maps.json."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from hilum.errors import RunError
from hilum.run import write_json

__all__ = ["FACTS", "LOGITS", "SHARES", "MapsFacts", "read_maps_facts", "write_maps_facts"]

FACTS = "maps.json"
LOGITS = "logits per pixel of the map"
"""Unit: the parts of a logit; a map on a finer grid has smaller ones."""
SHARES = "share of each layer's largest value, averaged"
"""Unit of maps that are the mean over several layers."""


@dataclass(frozen=True)
class MapsFacts:
    """What all maps of a folder have in common.

    Attributes:
        method: name of the method, such as "gradcam".
        title: what its paper calls it.
        layer: as it was asked for, so that more maps like these can be made.
        group: of the layers, "frozen", "trainable" or "all"; empty where it is one layer.
        layers: timm paths in forward order; of an ensemble each with its member in front.
        target: "predicted", or the class that every map is for.
        unit: of the maps' values.
        split: of the slices; several are joined by commas.
        weights: "run", or "random weights, seed N".
        precision: that the network computed in.
        offset: how far down and right of the middles of their cells the map's pixels look, as
            shares of the slice's rows and columns.
        full_size: whether the maps in the slices' own pixels lie in the folder too.
        hilum: version.
    """

    method: str
    title: str
    layer: str
    group: str
    layers: tuple[str, ...]
    target: str
    unit: str
    split: str
    weights: str
    precision: str
    offset: tuple[float, float]
    full_size: bool
    hilum: str


def write_maps_facts(facts: MapsFacts, folder: Path) -> None:
    """Write maps.json into a maps folder."""
    write_json(asdict(facts), folder / FACTS)


def read_maps_facts(folder: Path | str) -> MapsFacts:
    """Read maps.json of a maps folder.

    Raises:
        RunError: it is missing, broken, or lacks something.
    """
    path = Path(folder) / FACTS
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        known = {field.name: told[field.name] for field in fields(MapsFacts)}
        offset = (float(known["offset"][0]), float(known["offset"][1]))
        return MapsFacts(**{**known, "layers": tuple(known["layers"]), "offset": offset})
    except FileNotFoundError:
        raise RunError(
            f"{path.parent} has no {FACTS}: no maps were made, or by an older version; run "
            f"`hilum explain`."
        ) from None
    except (ValueError, TypeError, LookupError) as error:
        raise RunError(f"{path} is not whole ({error}); run `hilum explain` again.") from None
