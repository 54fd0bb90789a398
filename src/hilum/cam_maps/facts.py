"""maps.json: what all maps of a folder have in common."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from pathlib import Path

from hilum.errors import RunError
from hilum.storage.json_file import read_json, write_json

__all__ = ["FACTS", "LOGITS", "SHARES", "MapsFacts", "read_maps_facts", "write_maps_facts"]

FACTS = "maps.json"
LOGITS = "logits per pixel of the map"
"""Unit: contributions to a logit; a map on a finer grid has smaller values."""
SHARES = "share of each layer's largest value, averaged"
"""Unit of maps that are a mean over several layers."""


@dataclass(frozen=True)
class MapsFacts:
    """Properties shared by all maps of a folder.

    Attributes:
        method: name of the method, such as "gradcam".
        title: its name in the paper.
        layer: as requested, so that further maps of the same kind can be made.
        group: of the layers, "frozen", "trainable" or "all"; empty for a single layer.
        layers: timm paths in forward order, for an ensemble each prefixed with its member.
        target: "predicted", or the class that all maps explain.
        unit: of the values of the maps.
        split: of the slices; several are separated by commas.
        weights: "run", or "random weights, seed N".
        precision: numeric precision of the network.
        offset: of the receptive fields of the map's pixels from the centres of their cells, down
            and right, as fractions of the slice's rows and columns.
        full_size: whether the folder also holds the maps in the slices' own pixels.
        hilum: version of hilum.
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
        RunError: it is missing, broken or incomplete.
    """
    path = Path(folder) / FACTS
    try:
        content = read_json(path, remedy="run `hilum explain` again")
        values = {field.name: content[field.name] for field in fields(MapsFacts)}
        offset = (float(values["offset"][0]), float(values["offset"][1]))
        return MapsFacts(**{**values, "layers": tuple(values["layers"]), "offset": offset})
    except FileNotFoundError:
        raise RunError(
            f"{path.parent} has no {FACTS}: there are no maps, or an older version made them; "
            f"run `hilum explain`."
        ) from None
    except (ValueError, TypeError, LookupError) as error:
        raise RunError(
            f"{path} is broken or incomplete ({error}); run `hilum explain` again."
        ) from None
