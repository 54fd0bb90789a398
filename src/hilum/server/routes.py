"""The addresses: a slice is predicted at once; the runs describe themselves."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from hilum.run.environment import version
from hilum.server.answering import MAP_LAYERS, MapMethod
from hilum.server.answers import Health, ModelAnswer, Prediction, ProblemAnswer
from hilum.server.models import report_of
from hilum.server.problems import KINDS, MEDIA_TYPE, Problem
from hilum.server.service import service_of

__all__ = ["router"]

router = APIRouter()

JSON = "application/json"
REPORT_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; sandbox"
)
"""A report has its styles in itself, and no script."""


def problems(*names: str) -> dict[int | str, dict[str, Any]]:
    """Return the OpenAPI description of the kinds of problems that a route has."""
    described: dict[int | str, dict[str, Any]] = {}
    for name in ("no-token", "foreign-origin", "wrong-host", "too-large", *names):
        status, title, remedy = KINDS[name]
        before = described.get(status)
        text = f"{title}. {remedy}"
        described[status] = {
            "description": f"{before['description']} Or: {text}" if before else text,
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemAnswer"}}},
        }
    return described


def form_with(file: str) -> dict[str, Any]:
    """Return the OpenAPI description of a form with a file."""
    part = {"type": "string", "format": "binary", "description": file}
    schema = {
        "type": "object", "required": ["file"], "properties": {"file": part},
        "additionalProperties": False,
    }  # fmt: skip
    return {
        "requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}
    }


class PredictQuery(BaseModel):
    """How a slice is predicted, and what is sent besides."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(
        None, max_length=255, description="id of /models; without it the first one"
    )
    window: str | None = Field(
        None, max_length=40, description="for HU: lung, mediastinal, or width/center"
    )
    threshold: str | None = Field(
        None, max_length=40, description="name of an operating point, or a probability"
    )
    pixels: bool = Field(False, description="send the slice's pixels, too")
    method: MapMethod | None = Field(None, description="make a map by this method")
    layer: str = Field(
        MAP_LAYERS[0], max_length=200, description=f"of the map: {', '.join(MAP_LAYERS)}, a path"
    )
    target: str | None = Field(None, max_length=200, description="class that the map explains")

    def map_request(self) -> dict[str, str | None] | None:
        """Return what map is requested; None: none."""
        if self.method is None:
            return None
        return {"method": self.method, "layer": self.layer, "target": self.target}


@router.get("/health", response_model=Health, responses=problems())
async def health(request: Request) -> Health:
    """Whether the server answers."""
    pool = service_of(request).pool
    return Health(hilum=version(), workers=pool.running, waiting=pool.waiting)


@router.get("/models", response_model=list[ModelAnswer], responses=problems())
async def models(request: Request) -> list[ModelAnswer]:
    """The runs that answer here, each with its verdict: what its predictions are worth."""
    return [ModelAnswer(**content) for content in service_of(request).pool.models]


@router.get(
    "/models/{model}", response_model=ModelAnswer, responses=problems("not-found", "wrong-option")
)
async def model(request: Request, model: Annotated[str, Path(max_length=255)]) -> ModelAnswer:
    """One of them."""
    service = service_of(request)
    name = service.source(model).name
    return next(ModelAnswer(**content) for content in service.pool.models if content["id"] == name)


@router.get(
    "/models/{model}/report", response_class=Response,
    responses={200: {"content": {"text/html": {}}, "description": "The report."},
               **problems("not-found", "wrong-option")},
)  # fmt: skip
async def report(request: Request, model: Annotated[str, Path(max_length=255)]) -> Response:
    """The run's own report, a page."""
    path = report_of(service_of(request).source(model))
    if path is None:
        raise Problem("not-found", "This run has no report; `hilum report RUN` writes it.")
    return FileResponse(
        path, media_type="text/html", headers={"Content-Security-Policy": REPORT_POLICY}
    )


@router.get(
    "/problems/{kind}", response_class=PlainTextResponse,
    responses={200: {"description": "What it means."}, **problems("not-found", "wrong-option")},
)  # fmt: skip
async def problem(kind: Annotated[str, Path(max_length=40)]) -> str:
    """What a kind of problem means: the address that problem JSON has as its type."""
    if kind not in KINDS:
        raise Problem("not-found", f"The kinds of problems are {', '.join(KINDS)}.")
    status, title, remedy = KINDS[kind]
    return f"{title} ({status})\n\n{remedy}\n"


@router.post(
    "/predict", response_model=Prediction,
    responses=problems(
        "bad-request", "not-found", "slow-upload", "not-a-slice", "wrong-option", "too-much", "bug",
        "no-maps", "busy",
    ),
    openapi_extra=form_with("a slice: DICOM, PNG, JPEG, TIFF, BMP or WebP"),
)  # fmt: skip
async def predict(request: Request, query: Annotated[PredictQuery, Query()]) -> Response:
    """Predict one slice at once; each frame of a multi-frame file is a slice of its own."""
    service = service_of(request)
    name = service.source(query.model).name
    service.pool.check_room()
    uploads = service.uploads
    async with uploads.form_of(request, files=1) as form, uploads.private_folder() as folder:
        content = {
            "work": "slice",
            "models": [name],
            "files": [str(await uploads.store(form.files[0], folder))],
            "frames": service.limits.frames,
            "window": query.window,
            "threshold": query.threshold,
            "pixels": query.pixels,
            "map": query.map_request(),
        }
        answer = service.pool.answer(content, service.limits.seconds)
        return Response(await service.while_connected(request, answer), media_type=JSON)


def describe_problems(schema: dict[str, Any]) -> dict[str, Any]:
    """Add what problem JSON is to an OpenAPI description, which names it everywhere."""
    content = ProblemAnswer.model_json_schema()
    schema["components"]["schemas"]["ProblemAnswer"] = content
    return schema
