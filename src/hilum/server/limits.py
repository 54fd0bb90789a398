"""Limits on what one client may send, and on what answering it may take."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """Limits of a server; those on pixels and on the bytes of one file are the readers' own.

    Attributes:
        slice_bytes: of a request with one slice; a large CT frame (2048 x 2048, 16 bits) has 8 MiB.
        series_bytes: of a request with a series; 2,000 uncompressed CT slices have 1 GiB.
        frames: of a file that is answered at once.
        files: of a series, whether sent one by one or in a zip.
        seconds: that answering one slice may take, decoding included.
        job_seconds: the same of a series.
        idle_seconds: a client that sends nothing for so long is given up.
        memory_bytes: that a worker may take beyond its networks.
        waiting: requests that wait for a worker; further ones get "busy".
        jobs: series that are stored at a time, waiting, running or finished.
        job_minutes: a finished job that nobody looks at is removed after so long.
    """

    slice_bytes: int = 64 * MIB
    series_bytes: int = 1024 * MIB
    frames: int = 64
    files: int = 2_000
    seconds: float = 30.0
    job_seconds: float = 900.0
    idle_seconds: float = 20.0
    memory_bytes: int = 2048 * MIB
    waiting: int = 16
    jobs: int = 8
    job_minutes: float = 15.0
