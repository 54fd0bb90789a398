"""The workers: a bounded queue in front of them, and a new worker for each that fails."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import shutil
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hilum.engines.load_onnxruntime import TELEMETRY_VARIABLE
from hilum.errors import RunError
from hilum.processes import share_of_cores
from hilum.server.channel import ChannelError, Message, MessageStream, pack
from hilum.server.problems import Problem, busy

__all__ = ["Pool", "WorkerSettings"]

START_SECONDS = 120.0
"""Until a worker has loaded its networks; with torch on a slow disk that takes a while."""
END_SECONDS = 5.0
"""Until an idle worker that was told to end is killed."""
AGAIN_SECONDS = 1.0
"""Before another worker is started where the last one failed to start."""
FIRST_GUESS, WEIGHT = 1.0, 0.1
"""Seconds that an answer takes before any was given, and the share of each in the running mean."""

LONGEST_COUNTED = 10.0
"""Seconds of an answer that count in the mean: a series says nothing about slices."""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")

logger = logging.getLogger("hilum.server")

OnProgress = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class WorkerSettings:
    """What every worker is started with.

    Attributes:
        runs: name and path of each run.
        folder: of uploads, which a worker removes if the server is gone.
        engine: of the networks.
        memory_bytes: that a worker may take beyond its networks.
    """

    runs: list[tuple[str, str]]
    folder: Path
    engine: str
    memory_bytes: int

    def message(self) -> Message:
        """Return the first message to a worker."""
        return Message({**vars(self), "folder": str(self.folder)})


class Worker:
    """A child process that answers one request at a time.

    Args:
        process: the child.
        scratch: where it unpacks uploads; gone with it, however it ends.
    """

    def __init__(self, process: asyncio.subprocess.Process, scratch: Path) -> None:
        self.process, self.scratch = process, scratch
        self.models: list[dict[str, Any]] = []

    @classmethod
    async def start(cls, settings: WorkerSettings, threads: int) -> Worker:
        """Start a worker and wait until its networks are loaded.

        Raises:
            RunError: a run can't be loaded, or the process fails.
            ModuleNotFoundError: what computes the networks is not installed.
        """
        scratch = settings.folder / f"worker-{secrets.token_hex(8)}"
        scratch.mkdir(mode=0o700)
        environment = {
            **os.environ, **dict.fromkeys(THREADS, str(threads)), TELEMETRY_VARIABLE: "1",
            "TMPDIR": str(scratch),
        }  # fmt: skip
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hilum.server.worker", env=environment,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        worker = cls(process, scratch)
        try:
            ready = await worker.exchange(settings.message(), START_SECONDS)
        except (ChannelError, TimeoutError, asyncio.CancelledError) as error:
            await worker.kill()
            if isinstance(error, asyncio.CancelledError):
                raise
            raise RunError("a worker of the server ended before it was ready.") from error
        if ready.head["state"] != "ready":
            await worker.kill()
            if ready.head["state"] == "missing":
                raise ModuleNotFoundError(name=ready.head["module"])
            raise RunError(ready.head["sentence"])
        worker.models = ready.head["models"]
        return worker

    async def exchange(
        self, message: Message, seconds: float, on_progress: OnProgress | None = None
    ) -> Message:
        """Send a message and return the answer; reports of progress before it are passed on.

        Raises:
            ChannelError: the process ended.
            TimeoutError: it didn't answer within the seconds.
        """
        assert self.process.stdin is not None and self.process.stdout is not None
        try:
            self.process.stdin.write(pack(message))
            await self.process.stdin.drain()
        except ConnectionError as error:
            raise ChannelError("the worker ended.") from error
        stream = MessageStream(self.process.stdout)
        async with asyncio.timeout(seconds):
            while (answer := await stream.receive()).head.get("state") == "progress":
                if on_progress is not None:
                    on_progress(answer.head)
        return answer

    async def end(self) -> None:
        """Let the process end by itself if it is idle; kill it if it is at work or doesn't."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(self.process.wait(), END_SECONDS)
        await self.kill()

    async def kill(self) -> None:
        """End the process at once, and remove what it has unpacked."""
        with suppress(ProcessLookupError):
            self.process.kill()
        await self.process.communicate()  # `wait` never returns where an answer is left unread
        await asyncio.to_thread(shutil.rmtree, self.scratch, ignore_errors=True)


class Pool:
    """Workers and the requests that wait for them.

    Args:
        settings: of each worker.
        count: workers.
        waiting: requests that may wait; further ones are refused as busy.
    """

    def __init__(self, settings: WorkerSettings, *, count: int, waiting: int) -> None:
        self.settings, self.count, self.most_waiting = settings, count, waiting
        self.waiting = 0
        self.models: list[dict[str, Any]] = []
        self._idle: asyncio.Queue[Worker] = asyncio.Queue()
        self._workers: set[Worker] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._mean_seconds = FIRST_GUESS
        self._job_slots = asyncio.Semaphore(max(1, count - 1))

    @property
    def running(self) -> int:
        """Workers that are ready or at work."""
        return len(self._workers)

    async def open(self) -> None:
        """Start the workers.

        Raises:
            RunError, ModuleNotFoundError: see `Worker.start`.
        """
        threads = max(1, share_of_cores() // self.count)
        started = await asyncio.gather(
            *(Worker.start(self.settings, threads) for _ in range(self.count)),
            return_exceptions=True,
        )
        for worker in started:
            if isinstance(worker, Worker):
                self._add(worker)
        for failure in started:
            if isinstance(failure, BaseException):
                await self.close()
                raise failure
        self.models = next(iter(self._workers)).models

    async def close(self) -> None:
        """End all workers."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(worker.end() for worker in self._workers))
        self._workers.clear()

    def check_room(self) -> None:
        """Raise Problem "busy" if no worker is free and the queue is full."""
        if self._idle.empty() and self.waiting >= self.most_waiting:
            raise busy(self._mean_seconds * (self.waiting + 1) / self.count)

    async def answer(self, request: dict[str, Any], seconds: float) -> bytes:
        """Return the body of a worker's answer.

        If the caller is cancelled while it waits, its turn is given up; while a worker is at work,
        the worker finishes and only the answer is dropped.

        Raises:
            Problem: busy; or the request is refused, takes too long or breaks the worker.
        """
        self.check_room()
        self.waiting += 1
        try:
            worker = await self._idle.get()
        finally:
            self.waiting -= 1
        message: Message = await asyncio.shield(self._run(self._work(worker, request, seconds)))
        return _body_of(message, seconds)

    async def answer_job(
        self, request: dict[str, Any], seconds: float, on_progress: OnProgress
    ) -> bytes:
        """Return the body of a worker's answer to long work; it waits for as long as it takes.

        One worker at least is left to slices, if there are several. If the caller is cancelled, the
        worker is ended and replaced.

        Raises:
            Problem: the request is refused, takes too long or breaks the worker.
        """
        async with self._job_slots:
            worker = await self._idle.get()
            message = await self._work(worker, request, seconds, on_progress)
        return _body_of(message, seconds)

    async def _work(
        self,
        worker: Worker,
        request: dict[str, Any],
        seconds: float,
        on_progress: OnProgress | None = None,
    ) -> Message:
        """Return a worker's answer, and give the worker back or replace it."""
        began, usable = time.monotonic(), False
        try:
            answer = await worker.exchange(Message(request), seconds, on_progress)
            usable = answer.head.get("state") in ("answer", "refused")
        except ChannelError:
            answer = Message({"state": "ended"})
        except TimeoutError:
            answer = Message({"state": "late"})
        finally:
            if usable:
                taken = min(time.monotonic() - began, LONGEST_COUNTED)
                self._mean_seconds += WEIGHT * (taken - self._mean_seconds)
                self._idle.put_nowait(worker)
            else:
                await self._discard(worker)
        return answer

    async def _discard(self, worker: Worker) -> None:
        """End a worker and begin to start another one."""
        self._workers.discard(worker)
        await worker.kill()
        self._run(self._replace())

    async def _replace(self) -> None:
        """Start another worker; try again until one starts."""
        while True:
            try:
                self._add(await Worker.start(self.settings, max(1, share_of_cores() // self.count)))
                return
            except (RunError, ModuleNotFoundError, OSError) as error:
                logger.error("a worker can't be started: %s", type(error).__name__)
                await asyncio.sleep(AGAIN_SECONDS)

    def _add(self, worker: Worker) -> None:
        self._workers.add(worker)
        self._idle.put_nowait(worker)

    def _run(self, work: Any) -> asyncio.Task[Any]:
        """Start a task that nobody may be waiting for, and hold on to it until it ends."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task


def _body_of(message: Message, seconds: float) -> bytes:
    """Return the body of an answer.

    Raises:
        Problem: it is no answer.
    """
    match message.head:
        case {"state": "answer"}:
            return message.body
        case {"state": "refused" | "memory", "kind": str(kind), "sentence": str(sentence)}:
            raise Problem(kind, sentence[:1].upper() + sentence[1:])
        case {"state": "late"}:
            raise Problem("too-much", f"Answering it takes longer than {seconds:g} s.")
        case {"state": "ended"}:
            raise Problem("not-a-slice", "The file broke the decoder; it is damaged or hostile.")
        case {"state": "bug", "trace": list(trace)}:
            logger.error("a worker failed: %s", " > ".join(map(str, trace)))
            raise Problem("bug", "The server failed on this file; its log says where.")
    logger.error("a worker sent what is no answer")
    raise Problem("bug", "The server failed on this file; its log says where.")
