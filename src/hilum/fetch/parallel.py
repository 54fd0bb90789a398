"""Parallel download of files by a few threads; one failed file does not stop the others."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hilum.errors import FetchError, HilumError
from hilum.fetch.client import Client, StoppedError
from hilum.fetch.download import download, sha256_if_complete
from hilum.fetch.wanted import Wanted
from hilum.progress import Progress
from hilum.storage.atomic import as_storage_error

__all__ = ["Outcome", "fetch_files"]

MOST_FAILURES = 5
"""Failed files after which the rest is skipped: then the server is the problem, not a file."""

TICK = 0.2
"""Seconds between two reports of progress."""

LAST_WORDS = 2.0
"""Seconds that threads get to finish; one still connecting ends later and writes nothing."""


@dataclass
class Outcome:
    """The result: path -> SHA-256 of each file, and the paths that were downloaded."""

    sums: dict[str, str] = field(default_factory=dict)
    brought: list[str] = field(default_factory=list)


class _Crew:
    """Worker threads that take files from one queue and put results into another."""

    def __init__(self, folder: Path, client: Client, known: dict[str, str]) -> None:
        self.folder, self.client, self.known = folder, client, known
        self.todo: queue.SimpleQueue[Wanted] = queue.SimpleQueue()
        self.ended: queue.SimpleQueue[tuple[Wanted, str, bool, BaseException | None]]
        self.ended = queue.SimpleQueue()
        self.sizes: dict[str, int] = {}

    def work(self) -> None:
        """Process files until the queue is empty or the client is stopped."""
        while True:
            try:
                wanted = self.todo.get_nowait()
            except queue.Empty:
                return
            try:
                self.ended.put((wanted, *self._one(wanted), None))
            except StoppedError:
                return
            except BaseException as error:  # passed to the waiting thread, which raises it
                self.ended.put((wanted, "", False, error))

    def _one(self, wanted: Wanted) -> tuple[str, bool]:
        """Return the SHA-256 of a file, and whether it was downloaded."""
        target = self.folder / wanted.path

        def on_size(size: int) -> None:
            self.sizes[wanted.path] = size

        self.client.check()
        known = self.known.get(wanted.path)
        with as_storage_error(target):
            checked = sha256_if_complete(wanted, target, known=known, check=self.client.check)
            brought = checked is None
            digits = checked or download(wanted, target, client=self.client, on_size=on_size)
            on_size(target.stat().st_size)
        return digits, brought


def fetch_files(
    files: Sequence[Wanted],
    folder: Path,
    *,
    client: Client,
    known: dict[str, str],
    side_by_side: int,
    progress: Progress,
    on_file: Callable[[str, str], None],
) -> Outcome:
    """Download the files that are missing or differ from what they should be.

    Args:
        files: the requested files.
        folder: the target folder.
        client: sends the requests; it is stopped when this function ends early (Ctrl-C too).
        known: path -> SHA-256 of an earlier fetch, for files without a published checksum.
        side_by_side: number of threads.
        progress: receives the kB (or MB) that are present.
        on_file: called with path and SHA-256 of each downloaded file, in this thread.

    Raises:
        FetchError: some files could not be downloaded; all others were.
        StorageError: the disk refused.
    """
    crew = _Crew(folder, client, known)
    for wanted in files:
        crew.todo.put(wanted)
    threads = [
        threading.Thread(target=crew.work, daemon=True, name=f"fetch-{n}")
        for n in range(min(side_by_side, len(files)))
    ]
    for thread in threads:
        thread.start()
    try:
        return _gather(crew, files, progress, on_file)
    finally:
        client.stop()
        until = time.monotonic() + LAST_WORDS
        for thread in threads:
            thread.join(timeout=max(0.0, until - time.monotonic()))


def _gather(
    crew: _Crew, files: Sequence[Wanted], progress: Progress, on_file: Callable[[str, str], None]
) -> Outcome:
    """Collect the workers' results, report progress, and raise their errors."""
    outcome, failed = Outcome(), list[HilumError]()
    left, last_report = len(files), 0.0
    while left and len(failed) < MOST_FAILURES:
        if time.monotonic() - last_report >= TICK:
            _report(crew, files, progress)
            last_report = time.monotonic()
        try:
            wanted, digits, brought, error = crew.ended.get(timeout=TICK)
        except queue.Empty:
            continue
        left -= 1
        if isinstance(error, FetchError):
            failed.append(error)
        elif error is not None:
            raise error
        else:
            outcome.sums[wanted.path] = digits
            if brought:
                outcome.brought.append(wanted.path)
                on_file(wanted.path, digits)
    _report(crew, files, progress, done=True)
    if failed:
        others = f"; {len(failed) - 1} more failed" if len(failed) > 1 else ""
        gave_up = f" and {left} were not attempted" if left else ""
        raise FetchError(
            f"{failed[0]} ({len(outcome.sums)} of {len(files)} files are there{others}{gave_up}.)"
        )
    return outcome


def _report(
    crew: _Crew, files: Sequence[Wanted], progress: Progress, *, done: bool = False
) -> None:
    """Report present bytes out of all requested ones (as far as their size is known)."""
    done_bytes = sum(list(crew.sizes.values()))
    total = max(done_bytes, sum(wanted.size or crew.sizes.get(wanted.path, 0) for wanted in files))
    unit, name = (1_000_000, "MB") if total >= 20_000_000 else (1_000, "kB")
    size = max(1, total // unit)
    progress.advance(f"{name} fetched", size if done else min(done_bytes // unit, size - 1), size)
