"""Errors as problem JSON (RFC 9457): each kind has a name, a status and a title."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

__all__ = ["KINDS", "MEDIA_TYPE", "Kind", "Problem", "as_response", "busy", "problem_of_http"]

MEDIA_TYPE = "application/problem+json"


class Kind(NamedTuple):
    """A kind of problem: HTTP status, title, and what a client can do about it."""

    status: int
    title: str
    remedy: str


KINDS: dict[str, Kind] = {
    "bad-request": Kind(400, "Bad request", "Send what /openapi.json describes."),
    "no-token": Kind(401, "Token needed", "Send the token that `hilum serve` printed."),
    "foreign-origin": Kind(403, "Foreign origin", "Use this server's own page, or a program."),
    "not-found": Kind(404, "Not found", "Look at /models and /openapi.json for what there is."),
    "wrong-method": Kind(405, "Method not allowed", "Send what /openapi.json describes."),
    "slow-upload": Kind(408, "Upload too slow", "Send it again over a faster connection."),
    "conflict": Kind(409, "Not yet", "Wait until the job is done."),
    "too-large": Kind(413, "Too large", "Send less at a time."),
    "wrong-host": Kind(421, "Unknown host name", "Name it with `hilum serve --name`."),
    "not-a-slice": Kind(422, "Not a slice", "Send a chest CT slice as DICOM, PNG or JPEG."),
    "wrong-option": Kind(422, "Wrong option", "Send what /openapi.json describes."),
    "too-much": Kind(422, "Too much work", "Send a smaller file, or fewer frames."),
    "bug": Kind(500, "Internal error", "Report it with the server's log."),
    "no-maps": Kind(501, "No maps here", "Install hilum[train] on the server."),
    "busy": Kind(503, "Busy", "Send it again after the seconds of Retry-After."),
}  # fmt: skip
"""Name -> kind."""

_OF_STATUS = {
    400: "bad-request", 401: "no-token", 403: "foreign-origin", 404: "not-found",
    405: "wrong-method", 413: "too-large", 422: "wrong-option",
}  # fmt: skip


class Problem(HTTPException):
    """A request that is refused; `name` is one of KINDS, `detail` one sentence."""

    def __init__(self, name: str, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(KINDS[name].status, detail, headers)
        self.name = name

    def content(self) -> dict[str, Any]:
        """Return the members of problem JSON."""
        kind = KINDS[self.name]
        return {
            "type": f"/problems/{self.name}", "title": kind.title, "status": kind.status,
            "detail": self.detail,
        }  # fmt: skip


def busy(seconds: float) -> Problem:
    """Return the refusal of a request for which there is no room now."""
    after = max(1, math.ceil(seconds))
    return Problem(
        "busy", f"All workers are busy and the queue is full; try again in {after} s.",
        {"Retry-After": str(after)},
    )  # fmt: skip


def problem_of_http(error: HTTPException) -> Problem:
    """Return an error of the web framework as a problem."""
    if isinstance(error, Problem):
        return error
    name = _OF_STATUS.get(error.status_code, "bad-request" if error.status_code < 500 else "bug")
    headers = dict(error.headers) if error.headers else None
    return Problem(name, f"{KINDS[name].title}: {KINDS[name].remedy}", headers)


def as_response(problem: Problem, _: Request | None = None) -> JSONResponse:
    """Return a problem as a response."""
    return JSONResponse(
        problem.content(), problem.status_code, dict(problem.headers or {}), MEDIA_TYPE
    )
