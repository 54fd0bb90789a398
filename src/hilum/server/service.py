"""What the routes share: the runs, the workers, the limits, the folder of uploads."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from starlette.requests import Request

from hilum.server.dicomweb.studies import WebStudies
from hilum.server.jobs import Jobs
from hilum.server.limits import Limits
from hilum.server.models import ServedRun
from hilum.server.pool import Pool
from hilum.server.problems import Problem
from hilum.server.uploads import Uploads

__all__ = ["Service", "service_of"]

POLL_SECONDS = 0.5
"""Between two looks at whether a client is still there."""

T = TypeVar("T")


@dataclass(frozen=True)
class Service:
    """What the routes share.

    Attributes:
        sources: the runs by name; the first one answers where none is named.
        pool: the workers.
        limits: on requests.
        uploads: where they lie.
        jobs: all of them.
        studies: those that came by DICOMweb.
    """

    sources: dict[str, ServedRun]
    pool: Pool
    limits: Limits
    uploads: Uploads
    jobs: Jobs
    studies: WebStudies

    def source(self, name: str | None) -> ServedRun:
        """Return the run of a name; without one, the first.

        Raises:
            Problem: there is none.
        """
        if name is None:
            return next(iter(self.sources.values()))
        if name not in self.sources:
            raise Problem("not-found", f"No such model; there are: {', '.join(self.sources)}.")
        return self.sources[name]

    async def while_connected(self, request: Request, work: Coroutine[Any, Any, T]) -> T:
        """Return the result of `work`; give it up when the client goes away.

        Raises:
            Problem: the client went away; nobody reads it.
        """
        task = asyncio.ensure_future(work)
        try:
            while not (await asyncio.wait({task}, timeout=POLL_SECONDS))[0]:
                if await request.is_disconnected():
                    raise Problem("bad-request", "The client went away.")
            return task.result()
        finally:
            task.cancel()


def service_of(request: Request) -> Service:
    """Return the service that a request's application belongs to."""
    service: Service = request.app.state.service
    return service
