"""Features of whole and masked slices: a frozen network's, or the fixed set where there is none."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hilum.audit.fixed_features import FIXED_NAME, FIXED_SIZE, fixed_features
from hilum.audit.lung_regions import lung_regions
from hilum.audit.masking import masked_slices
from hilum.boxes import Box, parse_boxes
from hilum.catalogue.networks import WEIGHTS_VARIABLE
from hilum.errors import WeightsError
from hilum.prepare import Decoded, batches
from hilum.prepare.harmonise.shown_part import ShownPart
from hilum.prepare.slice_facts import SliceFacts
from hilum.progress import Progress
from hilum.table import SliceTable

__all__ = ["Extractor", "MaskedFeatures", "lesion_boxes", "masked_features", "open_extractor"]

NETWORK = "mobilenetv2_100"
"""timm's name of the backbone: small, and among the nine of the paper."""
NONE = "none"
LEAST_BOXES = 0.3
"""Share of some label's slices that must have a box, or `lesion blacked out` is left out."""
SEED = 0

Grey = npt.NDArray[np.uint8]
Features = npt.NDArray[np.float32]


class Extractor(NamedTuple):
    """What turns slices into features: its name, the size of its input, and how."""

    name: str
    size: int
    extract: Callable[[Grey], Features]


class MaskedFeatures(NamedTuple):
    """Features of slices of each kind.

    Attributes:
        of_kind: kind in MASKS -> (n, d).
        found: (n,) bool: whether the lungs of a slice were found; where not, the centre is masked.
    """

    of_kind: dict[str, Features]
    found: npt.NDArray[np.bool_]

    @property
    def lungs(self) -> dict[str, int]:
        """Number of slices whose lungs were `found`, and in which the `centre` stands for them."""
        found = int(self.found.sum())
        return {"found": found, "centre": len(self.found) - found}


def open_extractor(weights: Path | str | None) -> Extractor:
    """Return a frozen pretrained network where weights are given, else the fixed features.

    Nothing is downloaded.

    Args:
        weights: a folder of weights; "none": the fixed features; None: the folder that
            HILUM_WEIGHTS names, where torch is installed and the network is in it.

    Raises:
        ModuleNotFoundError: weights are given, and torch is not installed.
        UsageError, WeightsError: the folder has no weights of the network.
    """
    origin = weights or os.environ.get(WEIGHTS_VARIABLE) or NONE
    if str(origin) == NONE or (weights is None and find_spec("torch") is None):
        return Extractor(FIXED_NAME, FIXED_SIZE, fixed_features)
    from hilum.learn.embed import open_embedder  # loads torch

    try:
        found = open_embedder(NETWORK, origin)
    except WeightsError:
        if weights is not None:
            raise
        name = f"{FIXED_NAME}; {WEIGHTS_VARIABLE} has no {NETWORK}"
        return Extractor(name, FIXED_SIZE, fixed_features)
    assert found is not None  # only "none" gives none
    return Extractor(f"frozen {found.origin}", found.size, found.embed)


def masked_features(
    decoded: Decoded,
    boxes: list[list[Box]] | None,
    extractor: Extractor,
    progress: Progress,
) -> MaskedFeatures:
    """Return features of slices of each kind in MASKS; a batch is looked at, then forgotten.

    Args:
        decoded: n slices at the extractor's size.
        boxes: what `no_lesion` hides; None: that kind is left out.
        extractor: what computes features.
        progress: receives the progress.
    """
    parts: dict[str, list[Features]] = {}
    count = len(decoded.grey)
    found = np.zeros(count, dtype=bool)
    for batch in batches(count):
        grey = np.asarray(decoded.grey[batch])
        lungs = lung_regions(grey)
        found[batch] = lungs.found
        own = boxes[batch] if boxes is not None else None
        for kind, masked in masked_slices(grey, lungs, own).items():
            parts.setdefault(kind, []).append(extractor.extract(masked))
        progress.advance("computing features", batch.stop, count)
    return MaskedFeatures({kind: np.concatenate(made) for kind, made in parts.items()}, found)


def lesion_boxes(table: SliceTable, facts: SliceFacts, size: int) -> list[list[Box]] | None:
    """Return what to black out in each slice, in the pixels of the decoded slices; or None.

    A slice without a known box loses one of another slice's, drawn by chance, so that a black
    rectangle tells nothing by itself.

    Args:
        table: n slices.
        facts: of the decoded slices: shapes of the files, and the part that each slice shows where
            it was harmonised.
        size: side of the decoded slices, pixels.

    Returns:
        a list for each slice; None where too few slices have a box.
    """
    cells = zip(table.rows["boxes"], facts.shapes.tolist(), facts.placements, strict=True)
    found = [_shown(parse_boxes(cell), shape, placement, size) for cell, shape, placement in cells]
    has = np.array([bool(own) for own in found])
    shares = table.rows["label"].map(has_share(table, has))
    if not has.any() or float(shares.max()) < LEAST_BOXES:
        return None
    donors = np.flatnonzero(has)
    drawn = np.random.default_rng(SEED).choice(donors, size=len(found))
    return [own or found[donor] for own, donor in zip(found, drawn, strict=True)]


def has_share(table: SliceTable, has: npt.NDArray[np.bool_]) -> dict[str, float]:
    """Return label -> share of its slices that have what `has` says."""
    labels = table.rows["label"].to_numpy(dtype=object)
    return {label: float(has[labels == label].mean()) for label in table.labels}


def _shown(boxes: Sequence[Box], shape: list[int], placement: str, size: int) -> list[Box]:
    """Return boxes of a file in the pixels of the square, by way of the harmonised picture."""
    if not placement:
        return [_scaled(box, shape, size) for box in boxes]
    part = ShownPart.of_text(placement)
    return [_scaled(box, [part.side, part.side], size) for box in part.boxes(boxes)]


def _scaled(box: Box, shape: list[int], size: int) -> Box:
    """Return a box of a picture of this shape in the pixels of the square."""
    down, across = size / shape[0], size / shape[1]
    return Box(
        int(np.floor(box.row_min * down)), int(np.floor(box.col_min * across)),
        int(np.ceil(box.row_max * down)), int(np.ceil(box.col_max * across)),
    )  # fmt: skip
