"""The application: routes, errors as problem JSON, the viewer's files, the guard in front."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import chain
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.routing import Route
from starlette.types import ASGIApp

from hilum.run.environment import version
from hilum.server.channel import trace_of
from hilum.server.dicomweb.routes import dicomweb_router
from hilum.server.guard import Guard
from hilum.server.job_routes import job_router
from hilum.server.options import ServeOptions
from hilum.server.problems import Problem, as_response, problem_of_http
from hilum.server.routes import describe_problems, router
from hilum.server.service import Service
from hilum.viewer import viewer_file

__all__ = ["make_app"]

logger = logging.getLogger("hilum.server")

DESCRIPTION = (
    "Runs of hilum answer for chest CT slices. Research use only; not a medical device. Errors are "
    "problem JSON (RFC 9457)."
)
WRONG_METHOD = 405
EDITABLE = "no-cache"
"""The viewer's files are asked for again, so that a new version is seen."""


def make_app(service: Service, options: ServeOptions, token: str) -> ASGIApp:
    """Return the application; its workers start and end with it.

    Args:
        service: what the routes share.
        options: names and limits.
        token: that clients must send; empty: none.
    """

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        sweeping = asyncio.create_task(service.jobs.sweep())
        try:
            yield
        finally:
            sweeping.cancel()
            await service.jobs.close()
            await service.pool.close()

    app = FastAPI(
        title="hilum serve", version=version(), description=DESCRIPTION, lifespan=lifespan,
        docs_url=None, redoc_url=None, redirect_slashes=False,
    )  # fmt: skip
    app.state.service = service
    app.include_router(router)
    app.include_router(job_router)
    if options.dicomweb:
        app.include_router(dicomweb_router)
    _add_viewer(app)
    _add_errors(app)
    generated = app.openapi

    def described() -> dict[str, Any]:
        return describe_problems(generated())

    app.openapi = described  # type: ignore[method-assign]
    limits = service.limits
    series = ("/jobs", "/dicomweb/studies")
    body_bytes = {"/predict": limits.slice_bytes, **dict.fromkeys(series, limits.series_bytes)}
    return Guard(app, names=options.names, token=token, limits=limits, body_bytes=body_bytes)


def _add_viewer(app: FastAPI) -> None:
    """Serve the page and its files, which are read from the package by their names alone."""

    def answer(name: str) -> Response:
        file = viewer_file(name)
        if file is None:
            raise Problem("not-found", "There is no such page.")
        return Response(
            file.content, media_type=file.media_type, headers={"Cache-Control": EDITABLE}
        )

    @app.get("/", include_in_schema=False)
    async def page() -> Response:
        return answer("index.html")

    @app.get("/api", include_in_schema=False)
    async def api() -> Response:
        return answer("api.html")

    @app.get("/viewer/{name}", include_in_schema=False)
    async def file(name: str) -> Response:
        return answer(name)


def _methods_at(app: FastAPI, path: str) -> list[str]:
    """Return the methods that an address takes."""
    found: set[str] = set()
    routers = (app, router, job_router, dicomweb_router)
    for route in chain.from_iterable(one.routes for one in routers):
        if isinstance(route, Route) and route.path_regex.match(path):
            found |= route.methods or set()
    return sorted(found)


def _add_errors(app: FastAPI) -> None:
    """Answer every error with problem JSON."""

    @app.exception_handler(HTTPException)
    async def refused(request: Request, error: HTTPException) -> Response:
        response = as_response(problem_of_http(error))
        if error.status_code == WRONG_METHOD:  # Starlette names those of the first route alone
            response.headers["Allow"] = ", ".join(_methods_at(app, request.url.path))
        return response

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
        return as_response(Problem("wrong-option", f"{where}: {first['msg']}."))

    @app.exception_handler(Exception)
    async def failed(_: Request, error: Exception) -> Response:
        logger.error("a request failed: %s", " > ".join(trace_of(error)))
        return as_response(Problem("bug", "The server failed; its log says where."))
