"""What a worker does for a request: predict a slice, show its pixels, make its map."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from hilum.engines import ExportedRun
from hilum.errors import ReadError, UsageError
from hilum.readers import SliceImage, apply_window, count_frames, parse_window, read_slice
from hilum.run import Run
from hilum.server.answers import (
    MapPicture,
    ModelAnswer,
    Pixels,
    Prediction,
    SlicePrediction,
    VerdictAnswer,
)
from hilum.server.models import ServedRun, summary_of
from hilum.steps.predict.decision import decision_of
from hilum.steps.predict.inputs import InputFile, into_shards
from hilum.steps.predict.options import PredictOptions
from hilum.steps.predict.outcome import Predicted, Refused
from hilum.steps.predict.step import make_predictor, remarks_of
from hilum.steps.predict.stream import Predictor
from hilum.steps.predict.verdict import verdict_of

if TYPE_CHECKING:
    from hilum.steps.explain.one_slice import SliceExplainer

__all__ = ["MAP_LAYERS", "NO_MAPS", "AnsweringRun", "MapMethod", "pixels_of"]

LOWEST_HU, HIGHEST_HU = -32_768, 32_767


class AnsweringRun:
    """A run whose networks are loaded and answer.

    Args:
        source: the run with its name.
        engine: see `hilum.steps.predict.engine.ENGINES`.

    Raises:
        UsageError: the run has no such engine.
        RunError: it is not whole.
    """

    def __init__(self, source: ServedRun, *, engine: str) -> None:
        self.source = source
        self.predictor = make_predictor(source.run, PredictOptions(engine=engine))
        self._explainers: dict[tuple[str, str], SliceExplainer] = {}

    @cached_property
    def can_explain(self) -> bool:
        """Whether maps can be made here: they take torch, and a run folder with its weights."""
        return isinstance(self.source.run, Run) and find_spec("torch") is not None

    def describe(self) -> ModelAnswer:
        """Return what /models says of the run."""
        methods, layers = ((), ()) if not self.can_explain else (get_args(MapMethod), MAP_LAYERS)
        return summary_of(
            self.source, engine=self.predictor.loaded.name, maps=methods, layers=layers
        )

    def predict(self, request: dict[str, Any]) -> bytes:
        """Return the prediction of a file's slices as JSON.

        Args:
            request: `files` (one path), `frames` (at most so many), `window` and `threshold` (text
                or None), `pixels` (whether to send them), `map` (None, or `method`, `layer`,
                `target`).

        Raises:
            ReadError: the file is no slice; the path in the message is left out.
            UsageError: an option is none.
        """
        path = Path(request["files"][0])
        self._check_frames(path, int(request["frames"]))
        predictor = self._predictor(request["window"], request["threshold"])
        slices = []
        for batch in predictor.stream(into_shards([InputFile(path)])):
            for outcome in batch.outcomes:
                if isinstance(outcome, Refused):
                    raise ReadError(outcome.reason)
                slices.append(self._shown(outcome, predictor, request))
        return self._answer(predictor, request["threshold"], slices).model_dump_json().encode()

    def load_maps(self, wanted: dict[str, str]) -> SliceExplainer:
        """Return the networks that make maps by a method and of a layer; torch is loaded here.

        Raises:
            UsageError: no maps can be made here, or there is no such method.
            RunError: there is no such layer.
        """
        if not self.can_explain or isinstance(self.source.run, ExportedRun):
            raise UsageError(NO_MAPS)
        from hilum.steps.explain.one_slice import SliceExplainer

        key = (wanted["method"], wanted["layer"])
        if key not in self._explainers:  # the last one alone is stored: each holds the networks
            self._explainers = {key: SliceExplainer(self.source.run, method=key[0], layer=key[1])}
        return self._explainers[key]

    def _check_frames(self, path: Path, most: int) -> None:
        frames = count_frames(path)
        if frames > most:
            raise ReadError(
                f"it holds {frames} frames, and at most {most} are answered at once; send fewer."
            )

    def _predictor(self, window: str | None, threshold: str | None) -> Predictor:
        """Return the loaded networks with another window and threshold."""
        predictor = self.predictor
        if threshold:
            predictor = replace(predictor, decision=decision_of(self.source.run, threshold))
        return replace(predictor, window=parse_window(window)) if window else predictor

    def _answer(
        self, predictor: Predictor, threshold: str | None, slices: list[SlicePrediction]
    ) -> Prediction:
        run = self.source.run
        points = run.description.thresholds
        return Prediction(
            model=self.source.name,
            title=run.description.title,
            verdict=VerdictAnswer(**verdict_of(run)._asdict()),
            positive=predictor.decision.positive,
            threshold=predictor.decision.threshold,
            operating_point=threshold if threshold in points else "",
            remarks=remarks_of(predictor),
            slices=slices,
        )

    def _shown(
        self, outcome: Predicted, predictor: Predictor, request: dict[str, Any]
    ) -> SlicePrediction:
        """Return a prediction, with pixels and map if they are requested."""
        prediction = SlicePrediction(
            frame=outcome.frame, predicted=outcome.predicted, probabilities=outcome.probabilities,
            calibrated=outcome.calibrated, window=outcome.window, notes=list(outcome.notes),
        )  # fmt: skip
        if request["pixels"] or request["map"]:
            image = read_slice(outcome.path, window=predictor.window, frame=outcome.frame)
            if request["pixels"]:
                prediction.pixels = pixels_of(image)
            if request["map"]:
                prediction.map = self.map_of(image.grey, request["map"])
        return prediction

    def map_of(self, grey: npt.NDArray[np.uint8], wanted: dict[str, str]) -> MapPicture:
        """Return the map of a slice (rows, columns) uint8; `wanted` as in `predict`.

        Raises:
            UsageError, RunError: see `load_maps`; or there is no such class.
        """
        made = self.load_maps(wanted).explain(grey, wanted["target"] or None)
        share = np.clip(made.cam_map / made.top, 0, 1) if made.top > 0 else 0 * made.cam_map
        return MapPicture(
            method=made.title, layers=list(made.layers), target=made.target, unit=made.unit,
            largest=_finite(made.largest), top=made.top, scale=made.scale, state=made.state,
            rows=grey.shape[0], columns=grey.shape[1],
            data=_base64(np.rint(share * 255).astype(np.uint8)),
        )  # fmt: skip

    def map_of_stored(self, request: dict[str, Any]) -> bytes:
        """Return the map of a slice whose pixels a job has stored, as JSON.

        Args:
            request: `files` (the file of its pixels), `window` (text or None), `map`.

        Raises:
            UsageError, RunError: see `map_of`.
        """
        grey = self._stored_grey(request)
        return self.map_of(grey, request["map"]).model_dump_json().encode()

    def draw_map_of_stored(self, request: dict[str, Any]) -> bytes:
        """Return the same as a picture, PNG."""
        from hilum.report.maps.heatmap import Caption, Scale, draw_heatmap

        grey = self._stored_grey(request)
        made = self.load_maps(request["map"]).explain(grey, request["map"]["target"] or None)
        picture = draw_heatmap(
            grey, made.cam_map, scale=Scale(made.top, made.unit), boxes=[],
            caption=Caption(f"{made.title} for {made.target}", self.source.name, ""),
        )  # fmt: skip
        file = io.BytesIO()
        picture.save(file, "PNG")
        return file.getvalue()

    def _stored_grey(self, request: dict[str, Any]) -> npt.NDArray[np.uint8]:
        """Return stored pixels as the network sees them, (rows, columns) uint8."""
        stored = Pixels.model_validate_json(Path(request["files"][0]).read_bytes())
        values = np.frombuffer(
            base64.b64decode(stored.data), "<i2" if stored.unit == "HU" else np.uint8
        ).reshape(stored.rows, stored.columns)
        if stored.unit == "grey":
            return values.astype(np.uint8)
        window = parse_window(request["window"]) if request["window"] else self.predictor.window
        return apply_window(values.astype(np.float32), window)


MapMethod = Literal["gradcam", "hirescam", "gradcam++", "layercam", "xgradcam", "eigencam"]
"""Those of `hilum.learn.maps.METHODS`, which takes torch to import."""
MAP_LAYERS = ("last", "trainable", "frozen", "all")
NO_MAPS = (
    "this server makes no maps: they take a run folder and torch, which `pip install "
    "'hilum[train]'` brings."
)


def pixels_of(image: SliceImage) -> Pixels:
    """Return the pixels of a slice: Hounsfield units where it has them."""
    rows, columns = image.shape
    if image.hu is None:
        unit, data = "grey", image.grey
    else:
        rounded = np.clip(np.rint(image.hu), LOWEST_HU, HIGHEST_HU)
        unit, data = "HU", rounded.astype("<i2")
    return Pixels.model_validate(
        {"rows": rows, "columns": columns, "unit": unit, "spacing": image.spacing,
         "data": _base64(data)}
    )  # fmt: skip


def _base64(pixels: npt.NDArray[np.generic]) -> str:
    return base64.b64encode(np.ascontiguousarray(pixels).tobytes()).decode("ascii")


def _finite(value: float) -> float:
    """Return a number for JSON, which has no NaN."""
    return value if np.isfinite(value) else 0.0
