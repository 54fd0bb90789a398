"""Maps of single slices by a run's networks, which stay loaded: what a viewer asks for."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hilum.cam_maps import LOGITS, in_slice_pixels, read_index, read_maps_facts, state_of_maps
from hilum.errors import RunError, UsageError
from hilum.learn.maps import LAST, Explainer
from hilum.learn.predict import load_networks
from hilum.prepare import resize
from hilum.run import Run, as_run
from hilum.run.network import network_facts
from hilum.steps.explain.pictures import SMALLEST_TOP, TOP_SHARE

__all__ = ["SliceExplainer", "SliceMap"]

OWN_SCALE = "the largest value of this map"
PALE_SCALE = "fixed: a map that is red all over stands for 10 logits"
RUN_SCALE = "that of the run's own maps"


class SliceMap(NamedTuple):
    """The map of one slice.

    Attributes:
        cam_map: (rows, columns) float32 in the slice's own pixels, 0 or more; zeros where the state
            is "not finite".
        target: class that it explains.
        largest: value of the raw map, in `unit`; NaN where it is not finite.
        top: value to show as full red; 0 if nothing is to be painted.
        scale: what `top` is.
        unit: of the values.
        title: of the method.
        layers: that the map is made of.
        state: "ok", "zero map" or "not finite".
    """

    cam_map: npt.NDArray[np.float32]
    target: str
    largest: float
    top: float
    scale: str
    unit: str
    title: str
    layers: tuple[str, ...]
    state: str


class SliceExplainer:
    """The networks of a run, which explain one slice after another by one method and layer.

    Args:
        run: a finished run or its folder.
        method: see `hilum.explain`.
        layer: see `hilum.explain`.

    Raises:
        UsageError: there is no such method, or the run has no network of its own.
        RunError: the run is not whole, or its network has no such layer.
    """

    def __init__(
        self, run: Run | Path | str, *, method: str = "gradcam", layer: str = LAST
    ) -> None:
        self.run = as_run(run)
        self.facts = network_facts(self.run)
        members = load_networks(self.run)
        self.sizes = {member.size for member in members}
        self.explainer = Explainer(members, method=method, layer=layer)
        self.method, self.layer = method, layer

    def explain(self, grey: npt.NDArray[np.uint8], target: str | None = None) -> SliceMap:
        """Return the map of a slice.

        Args:
            grey: (rows, columns) uint8, as `read_slice` gives it.
            target: class that is explained; None: the run's positive class.

        Raises:
            UsageError: there is no such class.
        """
        names, chosen = self.facts.class_names, target or self.facts.positive
        if chosen not in names:
            raise UsageError(f"target must be one of {', '.join(names)}; got {chosen!r}.")
        sized = {size: resize(grey, size)[None] for size in self.sizes}
        raw = self.explainer.explain(sized, names.index(chosen)).maps
        state = str(state_of_maps(raw)[0])
        finite = raw[0] if state != "not finite" else np.zeros_like(raw[0])
        top, scale = self._scale(finite)
        shape = (grey.shape[0], grey.shape[1])
        return SliceMap(
            in_slice_pixels(finite, shape, self.explainer.offset), chosen,
            float(raw.max()), top, scale, self.explainer.unit, self.explainer.method.title,
            self.explainer.layers, state,
        )  # fmt: skip

    def _scale(self, raw: npt.NDArray[np.float32]) -> tuple[float, str]:
        """Return the value to show as full red, and what it is.

        One scale for all slices of a run makes their maps comparable; a scale of each map's own
        would paint a map that explains nothing as red as any other.
        """
        top = self._top_of_run()
        if self.explainer.unit == LOGITS:
            least = SMALLEST_TOP / raw.size
            return (max(top, least), RUN_SCALE) if top > 0 else (least, PALE_SCALE)
        return (top, RUN_SCALE) if top > 0 else (float(raw.max()), OWN_SCALE)

    def _top_of_run(self) -> float:
        """Return the usual largest value of the run's own maps of this kind; 0: it has none."""
        try:
            facts, index = read_maps_facts(self.run.maps), read_index(self.run.maps)
        except RunError:
            return 0.0
        good = index.loc[index["state"] == "ok", "largest"]
        alike = (facts.method, facts.layer, facts.unit) == (
            self.method, self.layer, self.explainer.unit,
        )  # fmt: skip
        return float(good.quantile(TOP_SHARE)) if alike and len(good) else 0.0
