"""Serve: listen, until it is stopped."""

from __future__ import annotations

import asyncio
import logging
import shutil
import signal
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from hilum.errors import UsageError
from hilum.server.app import make_app
from hilum.server.connection import ImpatientProtocol
from hilum.server.dicomweb.studies import WebStudies
from hilum.server.jobs import Jobs
from hilum.server.models import named_sources
from hilum.server.options import ServeOptions
from hilum.server.pool import Pool, WorkerSettings
from hilum.server.service import Service
from hilum.server.uploads import Uploads
from hilum.steps.predict.engine import check_engine

__all__ = ["Address", "serve"]

FOLDER_PREFIX = "hilum-serve-"
CONNECTIONS = 256
"""At a time; further ones get 503 at once."""
BACKLOG = 128
KEEP_ALIVE_SECONDS = 15
GRACE_SECONDS = 5
"""For requests that are being answered when the server is stopped."""


class Address:
    """Where a server listens.

    Attributes:
        url: of its page.
        token: that clients must send; empty: none.
    """

    def __init__(self, host: str, port: int, token: str) -> None:
        shown = f"[{host}]" if ":" in host else host
        self.url, self.token = f"http://{shown}:{port}/", token

    @property
    def page(self) -> str:
        """The page's address with the token behind `#`, which browsers don't send anywhere."""
        return f"{self.url}#token={self.token}" if self.token else self.url


def serve(
    runs: Sequence[Path | str],
    *,
    options: ServeOptions | None = None,
    on_ready: Callable[[Address], None] | None = None,
) -> None:
    """Answer over HTTP for finished runs, until the process is interrupted.

    Uploads lie in a temporary folder that only this user can read, each as long as its request or
    job. Nothing is sent anywhere.

    Args:
        runs: run folders, or files of `hilum export`.
        options: how to listen; None: the defaults of `ServeOptions`.
        on_ready: called once, when requests are answered.

    Raises:
        UsageError: no run, none that answers, or the port is in use.
        RunError: a run is not finished or not whole.
    """
    chosen = options or ServeOptions()
    check_engine(chosen.engine)
    sources = named_sources([Path(run) for run in runs])
    listening = _listen(chosen.host, chosen.port)
    folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
    try:
        settings = WorkerSettings(
            [(source.name, str(source.run.folder.resolve())) for source in sources], folder,
            chosen.engine, chosen.limits.memory_bytes,
        )  # fmt: skip
        pool = Pool(settings, count=chosen.workers, waiting=chosen.limits.waiting)
        by_name = {source.name: source for source in sources}
        limits = chosen.limits
        jobs = Jobs(folder, most=limits.jobs, minutes=limits.job_minutes)
        studies = WebStudies(jobs, pool, next(iter(by_name)), limits)
        service = Service(by_name, pool, limits, Uploads(folder), jobs, studies)
        with _stopped_by(signal.SIGTERM):
            asyncio.run(_run(service, chosen, listening, on_ready))
    except KeyboardInterrupt:
        pass  # how a server is stopped
    finally:
        listening.close()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _stopped_by(number: signal.Signals) -> Iterator[None]:
    """Let a signal stop the server as Ctrl-C does, so that nothing of it stays on the disk."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(number, stop)
    try:
        yield
    finally:
        signal.signal(number, before)


async def _run(
    service: Service,
    options: ServeOptions,
    listening: socket.socket,
    on_ready: Callable[[Address], None] | None,
) -> None:
    """Start the workers, then answer until the process is interrupted."""
    token = options.client_token()
    await service.pool.open()
    config = uvicorn.Config(
        make_app(service, options, token), log_config=None, access_log=False, server_header=False,
        proxy_headers=False, limit_concurrency=CONNECTIONS, backlog=BACKLOG, ws="none",
        http=ImpatientProtocol, timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )  # fmt: skip
    for library in ("uvicorn", "python_multipart"):  # their warnings quote requests
        logging.getLogger(library).setLevel(logging.CRITICAL)
    server = uvicorn.Server(config)
    try:
        running = asyncio.create_task(server.serve(sockets=[listening]))
        while not server.started and not running.done():
            await asyncio.sleep(0.01)
        if on_ready is not None and not running.done():
            on_ready(Address(options.host, listening.getsockname()[1], token))
        await running
    finally:
        await service.pool.close()


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        UsageError: the port is in use, or the address is none of this machine.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
    except OSError as error:
        raise UsageError(f"can't listen on {host}: {error.strerror or error}.") from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise UsageError(
            f"can't listen on {host}, port {port}: {error.strerror or error}; choose "
            f"another --port (0: any free one)."
        ) from None
    return listening
