"""What the server answers, as JSON: these classes are its OpenAPI description."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

__all__ = [
    "Health",
    "JobAnswer",
    "JobResult",
    "LeftOutAnswer",
    "MapPicture",
    "ModelAnswer",
    "Pixels",
    "Prediction",
    "ProblemAnswer",
    "RunResult",
    "SeriesPrediction",
    "SlicePrediction",
    "SliceScore",
    "VerdictAnswer",
]


class VerdictAnswer(BaseModel):
    """What a model's predictions are worth, by its own evaluation."""

    level: str = Field(description="`no objection`, `not evaluated`, or the worst objection")
    sentence: str


class Pixels(BaseModel):
    """The slice as it was shown to the network, before windowing and resizing."""

    rows: int
    columns: int
    unit: Literal["HU", "grey"] = Field(
        description="HU: int16, little-endian, to be shown through a window; grey: uint8"
    )
    spacing: tuple[float, float] | None = Field(description="mm of neighbouring rows, columns")
    data: str = Field(description="base64 of the pixels, row after row")


class MapPicture(BaseModel):
    """Where in the slice the probability of `target` comes from."""

    method: str
    layers: list[str]
    target: str
    unit: str
    largest: float = Field(description="largest value of the map, in its unit")
    top: float = Field(description="value that is shown as full red")
    scale: str = Field(description="what `top` is")
    state: Literal["ok", "zero map", "not finite"]
    rows: int
    columns: int
    data: str = Field(description="base64 of uint8, row after row: 255 is `top` or more")


class SlicePrediction(BaseModel):
    """The prediction of one slice."""

    frame: int
    predicted: str
    probabilities: dict[str, float]
    calibrated: dict[str, float] | None
    window: str = Field(description="width/center in HU that it was shown through; may be empty")
    notes: list[str]
    pixels: Pixels | None = None
    map: MapPicture | None = None


class Prediction(BaseModel):
    """The answer for one file."""

    model: str
    title: str
    notice: Literal["research use only"] = "research use only"
    verdict: VerdictAnswer
    positive: str
    threshold: float | None = Field(description="from which on `positive` is called")
    operating_point: str = Field(description="name of `threshold`; may be empty")
    remarks: list[str]
    slices: list[SlicePrediction]


class ProblemAnswer(BaseModel):
    """Problem JSON (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str


class SliceScore(BaseModel):
    """One slice of a series, from feet to head."""

    file: str
    frame: int
    sop_instance_uid: str
    position_mm: float | None
    lung_share: float
    probability: float | None = Field(description="of the positive class; null: not predicted")
    reason: str = Field(description="why it was not predicted; else empty")


class SeriesPrediction(BaseModel):
    """The answer for one axial chest CT series."""

    series_instance_uid: str
    kernel: str
    predicted: str
    positive: str
    probabilities: dict[str, float]
    calibrated: dict[str, float] | None
    threshold: float | None
    joined: str = Field(description="how the slices were joined")
    slices: list[SliceScore]
    top: list[int] = Field(description="slices with the highest probability, the highest first")
    notes: list[str]
    remarks: list[str]
    trust: str


class LeftOutAnswer(BaseModel):
    """Files that have no answer, and why."""

    files: list[str]
    reason: str
    series_instance_uid: str


class RunResult(BaseModel):
    """What one run says of a job's series."""

    model: str
    title: str
    notice: Literal["research use only"] = "research use only"
    verdict: VerdictAnswer
    series: list[SeriesPrediction]
    left_out: list[LeftOutAnswer]


class JobResult(BaseModel):
    """The result of a job: the runs in the order in which they were named."""

    runs: list[RunResult]


class JobAnswer(BaseModel):
    """Where a job stands."""

    id: str
    key: str | None = Field(
        None, description="to be sent as the header Job-Key; told once, when the job is made"
    )
    status: Literal["waiting", "running", "done", "failed"]
    task: str
    done: int
    total: int
    problem: ProblemAnswer | None = None


class ModelAnswer(BaseModel):
    """A run that answers here."""

    id: str
    title: str
    kind: str
    notice: Literal["research use only"] = "research use only"
    class_names: list[str]
    positive: str
    thresholds: dict[str, float]
    windows: list[str]
    verdict: VerdictAnswer
    trust: list[str] = Field(description="lines of the run's trust page; may be empty")
    card: dict[str, str | list[str]] = Field(description="what the run is, heading by heading")
    engine: str
    maps: list[str] = Field(description="methods of maps that can be had; empty: none")
    layers: list[str] = Field(description="layers that maps can be made of")
    report: bool = Field(description="whether /models/{id}/report exists")


class Health(BaseModel):
    """Whether the server answers, and how much it has to do."""

    status: Literal["ok"] = "ok"
    hilum: str
    workers: int = Field(description="that are ready or at work")
    waiting: int
