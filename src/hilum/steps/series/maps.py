"""Maps of the top slices of a series, in the slices' own pixels."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec

import numpy as np
import numpy.typing as npt

from hilum.engines import ExportedRun
from hilum.prepare import resize
from hilum.prepare.network_view import NetworkView, network_view
from hilum.run import Run
from hilum.steps.series.answer import SeriesAnswer

__all__ = ["MapMaker", "why_no_maps"]

Map = npt.NDArray[np.float32]


def why_no_maps(source: Run | ExportedRun) -> str:
    """Return why maps can't be made for a run, as a sentence; empty where they can."""
    if isinstance(source, ExportedRun):
        return "No maps: they need the run folder, and an exported network has none."
    if find_spec("torch") is None:
        return "No maps: they need torch, which is not installed (pip install 'hilum[train]')."
    return ""


class MapMaker:
    """Makes Grad-CAM maps for the positive class of a run; torch is loaded here.

    Attributes:
        unit: of the maps' values.
        title: of the method.
    """

    def __init__(self, run: Run) -> None:
        from hilum.learn.maps import Explainer
        from hilum.learn.predict import load_networks

        members = load_networks(run)
        self._harmonised = run.description.harmonise
        self._sizes = sorted({one.size for one in members})
        self._explainer = Explainer(members)
        self.unit = self._explainer.unit
        self.title = self._explainer.method.title

    def add(self, answer: SeriesAnswer) -> SeriesAnswer:
        """Return the answer with a map for each of its top slices."""
        if not answer.top:
            return answer
        target = list(answer.probabilities).index(answer.positive)
        views = [network_view(one.grey, harmonised=self._harmonised) for one in answer.top]
        inputs = {
            size: np.stack([resize(view.pixels, size) for view in views]) for size in self._sizes
        }
        maps = self._explainer.explain(inputs, target).maps
        top = tuple(
            replace(one, cam_map=self._in_slice(cam_map, view))
            for one, view, cam_map in zip(answer.top, views, maps, strict=True)
        )
        return replace(answer, top=top, map_unit=self.unit, map_title=self.title)

    def _in_slice(self, cam_map: Map, view: NetworkView) -> Map:
        """Return a map in the pixels of its slice; 0 in what a harmonised view leaves out."""
        from hilum.cam_maps import in_slice_pixels

        rows, columns = view.pixels.shape
        in_view = in_slice_pixels(cam_map, (rows, columns), self._explainer.offset)
        if not view.placement:
            return in_view
        from hilum.prepare.harmonise.shown_part import ShownPart

        return ShownPart.of_text(view.placement).map_back(in_view)
