"""Jobs: series that are predicted in the background, each with a folder that is gone with it."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from hilum.server.answers import JobAnswer, ProblemAnswer
from hilum.server.problems import Problem, busy

__all__ = ["Job", "Jobs"]

SWEEP_SECONDS = 15.0
BUSY_SECONDS = 30.0
"""What a client is told to wait when as many jobs are stored as may be."""

Status = Literal["waiting", "running", "done", "failed"]


@dataclass
class Job:
    """A job and where it stands.

    Attributes:
        name: in addresses; random.
        key: that a client must send to see it; random.
        folder: its files.
        status: where it stands.
        progress: task, done and total.
        result: JSON, when it is done.
        problem: why it failed.
        seen: when a client last asked for it.
        task: that works on it.
    """

    name: str
    key: str
    folder: Path
    status: Status = "waiting"
    progress: tuple[str, int, int] = ("waiting", 0, 0)
    result: bytes = b""
    problem: Problem | None = None
    seen: float = field(default_factory=time.monotonic)
    task: asyncio.Task[None] | None = None

    def report(self, head: dict[str, Any]) -> None:
        """Take in a worker's progress."""
        self.status = "running"
        self.progress = (str(head["task"])[:80], int(head["done"]), int(head["total"]))

    def answer(self, *, with_key: bool = False) -> JobAnswer:
        """Return where it stands, for its client; the key only when it was made."""
        task, done, total = self.progress
        problem = ProblemAnswer(**self.problem.content()) if self.problem else None
        return JobAnswer(
            id=self.name, key=self.key if with_key else None, status=self.status, task=task,
            done=done, total=total, problem=problem,
        )  # fmt: skip


class Jobs:
    """All jobs of a server.

    Args:
        folder: in which each job gets one.
        most: jobs that are stored at a time.
        minutes: a job that nobody asks for is removed after so long.
    """

    def __init__(self, folder: Path, *, most: int, minutes: float) -> None:
        self.folder, self.most, self.minutes = folder, most, minutes
        self._jobs: dict[str, Job] = {}
        self._removals: set[asyncio.Task[None]] = set()

    def check_room(self) -> None:
        """Raise Problem "busy" if as many jobs are stored as may be."""
        if len(self._jobs) >= self.most:
            raise busy(BUSY_SECONDS)

    def add(self) -> Job:
        """Return a new job with an empty folder.

        Raises:
            Problem: busy.
        """
        self.check_room()
        name = secrets.token_urlsafe(18)
        folder = self.folder / secrets.token_hex(16)
        folder.mkdir(mode=0o700)
        job = Job(name, secrets.token_urlsafe(32), folder)
        self._jobs[name] = job
        return job

    def find(self, name: str, key: str) -> Job:
        """Return the job of a name; a wrong key is answered like a job that isn't there.

        Raises:
            Problem: there is none, or it is another client's.
        """
        job = self._jobs.get(name)
        known = job.key if job else secrets.token_urlsafe(32)
        if not secrets.compare_digest(known.encode(), key.encode()) or job is None:
            raise Problem("not-found", "There is no such job, or it is not yours, or it is over.")
        job.seen = time.monotonic()
        return job

    def start(self, job: Job, work: Callable[[], Coroutine[Any, Any, bytes]]) -> None:
        """Let `work` make the job's result in the background."""

        async def run() -> None:
            try:
                job.result = await work()
                job.status = "done"
            except Problem as problem:
                job.problem, job.status = problem, "failed"
            finally:
                job.seen = time.monotonic()

        job.task = asyncio.create_task(run())

    async def remove(self, job: Job) -> None:
        """End a job and remove its folder."""
        self._jobs.pop(job.name, None)
        if job.task is not None:
            job.task.cancel()
            await asyncio.gather(job.task, return_exceptions=True)
        await asyncio.to_thread(shutil.rmtree, job.folder, ignore_errors=True)

    async def sweep(self) -> None:
        """Remove the jobs that nobody asks for, again and again."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            await self.remove_old()

    async def remove_old(self) -> None:
        """Remove the jobs that nobody has asked for lately; one that runs is asked for or over."""
        oldest = time.monotonic() - 60 * self.minutes
        for job in [job for job in self._jobs.values() if job.seen < oldest]:
            await self.remove(job)

    async def close(self) -> None:
        """End all jobs."""
        for job in list(self._jobs.values()):
            await self.remove(job)
