"""The addresses of jobs: series are sent, followed, fetched and removed."""

from __future__ import annotations

import asyncio
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import FileResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from hilum.server.answering import MAP_LAYERS, MapMethod
from hilum.server.answers import JobAnswer, JobResult, MapPicture, Pixels
from hilum.server.jobs import Job
from hilum.server.problems import Problem, problem_of_http
from hilum.server.routes import form_with, problems
from hilum.server.series import objects_file, pixels_file
from hilum.server.service import Service, service_of

__all__ = ["TOP", "job_router"]

job_router = APIRouter()

JSON = "application/json"
MOST_RUNS = 2
"""That a job is predicted by: as many as the viewer shows side by side."""
TOP = 4
SUFFIXES = (".nii.gz", ".nii", ".zip")
"""Of files that are recognised by their name; no other part of a name is used."""
MOST_NAME = 200

JobName = Annotated[str, Path(max_length=64)]
JobKey = Annotated[str, Header(max_length=64, description="the key that POST /jobs gave")]
Number = Annotated[int, Path(ge=0, le=100_000)]


class JobQuery(BaseModel):
    """How series are predicted."""

    model_config = ConfigDict(extra="forbid")

    model: list[str] = Field(
        [], max_length=MOST_RUNS, description="ids of /models, up to two; without it the first one"
    )
    window: str | None = Field(
        None, max_length=40, description="lung, mediastinal, or width/center in HU"
    )
    threshold: str | None = Field(
        None, max_length=40, description="name of an operating point for series, or a probability"
    )
    dicom: bool = Field(False, description="make DICOM objects of the answers, too")


class JobMapQuery(BaseModel):
    """What map is made of a job's slice."""

    model_config = ConfigDict(extra="forbid")

    model: str | None = Field(None, max_length=255)
    method: MapMethod = "gradcam"
    layer: str = Field(MAP_LAYERS[0], max_length=200)
    target: str | None = Field(None, max_length=200)


@job_router.post(
    "/jobs", status_code=202, response_model=JobAnswer,
    responses=problems("bad-request", "not-found", "slow-upload", "wrong-option", "busy"),
    openapi_extra=form_with("a zip of a series, DICOM files (several parts), or a NIfTI volume"),
)  # fmt: skip
async def add(
    request: Request, query: Annotated[JobQuery, Query()], response: Response
) -> JobAnswer:
    """Send series; they are predicted in the background. The answer's key opens the job."""
    service = service_of(request)
    wanted: list[str | None] = [*query.model] or [None]
    names = [service.source(name).name for name in wanted]
    service.jobs.check_room()
    async with service.uploads.form_of(request, files=service.limits.files) as form:
        job = service.jobs.add()
        try:
            folder = job.folder / "files"
            folder.mkdir()
            files = [
                str(await service.uploads.store(one, folder, number, suffix=_suffix(one.filename)))
                for number, one in enumerate(form.files)
            ]
        except BaseException:
            await asyncio.shield(service.jobs.remove(job))
            raise
    content = {
        "work": "series",
        "models": names,
        "files": files,
        "names": [(one.filename or "")[:MOST_NAME] for one in form.files],
        "folder": str(job.folder),
        "most": service.limits.files,
        "window": query.window,
        "threshold": query.threshold,
        "top": TOP,
        "dicom": query.dicom,
    }
    seconds = service.limits.job_seconds
    service.jobs.start(job, lambda: service.pool.answer_job(content, seconds, job.report))
    response.headers["Location"] = f"/jobs/{job.name}"
    return job.answer(with_key=True)


def _suffix(name: str | None) -> str:
    """Return the part of a client's file name that says what it is, out of a few."""
    return next((suffix for suffix in SUFFIXES if (name or "").lower().endswith(suffix)), "")


@job_router.get(
    "/jobs/{job}", response_model=JobAnswer, responses=problems("not-found", "wrong-option")
)
async def status(request: Request, job: JobName, job_key: JobKey) -> JobAnswer:
    """Where a job stands; one that nobody asks for is removed after some minutes."""
    return service_of(request).jobs.find(job, job_key).answer()


@job_router.get(
    "/jobs/{job}/result", response_model=JobResult,
    responses=problems("not-found", "conflict", "not-a-slice", "wrong-option", "too-much", "bug"),
)  # fmt: skip
async def result(request: Request, job: JobName, job_key: JobKey) -> Response:
    """The answers of a job that is done, or why it failed."""
    return Response(_done(service_of(request), job, job_key).result, media_type=JSON)


@job_router.get(
    "/jobs/{job}/dicom", response_class=Response,
    responses={200: {"content": {"application/zip": {}}, "description": "A zip."},
               **problems("not-found", "conflict", "wrong-option")},
)  # fmt: skip
async def objects(request: Request, job: JobName, job_key: JobKey) -> Response:
    """The DICOM objects of a job that was sent with `dicom=true`: reports, maps, pictures."""
    path = objects_file(_done(service_of(request), job, job_key).folder)
    if not path.is_file():
        raise Problem("not-found", "The job was not sent with dicom=true.")
    return FileResponse(path, media_type="application/zip", filename="objects.zip")


@job_router.delete(
    "/jobs/{job}", status_code=204, responses=problems("not-found", "wrong-option")
)  # fmt: skip
async def remove(request: Request, job: JobName, job_key: JobKey) -> None:
    """End a job, and remove its files."""
    service = service_of(request)
    await service.jobs.remove(service.jobs.find(job, job_key))


@job_router.get(
    "/jobs/{job}/series/{series}/slices/{index}", response_model=Pixels,
    responses=problems("not-found", "conflict", "wrong-option", "not-a-slice", "too-much", "bug"),
)  # fmt: skip
async def pixels(
    request: Request, job: JobName, job_key: JobKey, series: Number, index: Number
) -> Response:
    """The pixels of a slice, numbered from the feet."""
    path = _pixels_of(_done(service_of(request), job, job_key), series, index)
    return FileResponse(path, media_type=JSON)


MAP_PROBLEMS = problems(
    "not-found", "conflict", "wrong-option", "not-a-slice", "too-much", "bug", "no-maps", "busy"
)


@job_router.get(
    "/jobs/{job}/series/{series}/slices/{index}/map", response_model=MapPicture,
    responses=MAP_PROBLEMS,
)  # fmt: skip
async def make_map(
    request: Request, query: Annotated[JobMapQuery, Query()], job: JobName, job_key: JobKey,
    series: Number, index: Number,
) -> Response:  # fmt: skip
    """A map of that slice, as numbers."""
    path = _pixels_of(_done(service_of(request), job, job_key), series, index)
    return Response(await _map(request, query, path, "map"), media_type=JSON)


@job_router.get(
    "/jobs/{job}/series/{series}/slices/{index}/map.png", response_class=Response,
    responses={200: {"content": {"image/png": {}}, "description": "A picture."}, **MAP_PROBLEMS},
)  # fmt: skip
async def draw_map(
    request: Request, query: Annotated[JobMapQuery, Query()], job: JobName, job_key: JobKey,
    series: Number, index: Number,
) -> Response:  # fmt: skip
    """The same as a picture: the slice, the slice under its map, the scale, a caption."""
    path = _pixels_of(_done(service_of(request), job, job_key), series, index)
    return Response(await _map(request, query, path, "map picture"), media_type="image/png")


async def _map(request: Request, query: JobMapQuery, path: FilePath, work: str) -> bytes:
    """Let a worker make a map of stored pixels."""
    service = service_of(request)
    content = {
        "work": work,
        "models": [service.source(query.model).name],
        "files": [str(path)],
        "window": None,
        "map": {"method": query.method, "layer": query.layer, "target": query.target},
    }
    answer = service.pool.answer(content, service.limits.seconds)
    return await service.while_connected(request, answer)


def _pixels_of(job: Job, series: int, index: int) -> FilePath:
    """Return the stored pixels of a slice.

    Raises:
        Problem: there are none.
    """
    path = pixels_file(job.folder, series, index)
    if not path.is_file():
        raise Problem("not-found", "The job has no such slice, or it can't be read.")
    return path


def _done(service: Service, name: str, key: str) -> Job:
    """Return a job that is done.

    Raises:
        Problem: there is none, it isn't done, or it failed.
    """
    job = service.jobs.find(name, key)
    if job.status in ("waiting", "running"):
        raise Problem("conflict", "The job is not done yet.")
    if job.problem is not None:
        raise problem_of_http(job.problem)
    if job.status == "failed":
        raise Problem("bug", "The server failed on this job; its log says where.")
    return job
