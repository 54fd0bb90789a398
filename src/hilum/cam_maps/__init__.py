"""The maps folder: its files, and resampling a map to the pixels of its slice; no network."""

from hilum.cam_maps.facts import FACTS, LOGITS, SHARES, MapsFacts, read_maps_facts, write_maps_facts
from hilum.cam_maps.files import save_full_size, save_maps, state_of_maps
from hilum.cam_maps.folder import INDEX, read_index, read_maps, shown_parts
from hilum.cam_maps.grid import CENTRED, in_slice_pixels

__all__ = [
    "CENTRED",
    "FACTS",
    "INDEX",
    "LOGITS",
    "SHARES",
    "MapsFacts",
    "in_slice_pixels",
    "read_index",
    "read_maps",
    "read_maps_facts",
    "save_full_size",
    "save_maps",
    "shown_parts",
    "state_of_maps",
    "write_maps_facts",
]
