"""A server in a process of its own, as a user starts it, and requests to it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy as np
from made_runs import made_table
from untrained_runs import make_untrained

from hilum.learn.onnx.export import write_run_onnx
from hilum.run import write_json

__all__ = ["Answer", "Served", "form", "served_runs", "serving"]

BOUNDARY = "the-boundary"
SIDE = 64
"""Of the square that the served networks see, pixels."""


@dataclass(frozen=True)
class Answer:
    """What the server answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def kind(self) -> str:
        """The kind of problem."""
        assert self.headers["content-type"] == "application/problem+json", self.body
        content = self.json
        assert content["status"] == self.status
        return str(content["type"].removeprefix("/problems/"))


@dataclass
class Served:
    """A running server."""

    port: int
    token: str
    process: subprocess.Popen[str]
    uploads: Path
    lines: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def ask(
        self, path: str, *, method: str = "GET", body: bytes | Iterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None, timeout: float = 60,
    ) -> Answer:  # fmt: skip
        """Send a request and return the answer."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            connection.request(method, path, body=body, headers=dict(headers or {}))
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, found, response.read())
        finally:
            connection.close()

    def predict(self, content: bytes, *, name: str = "slice", **query: str) -> Answer:
        """Send a file to /predict."""
        headers, body = form([("file", name, content)])
        path = f"/predict?{urlencode(query)}" if query else "/predict"
        return self.ask(path, method="POST", body=body, headers=headers)

    def left_on_disk(self) -> list[str]:
        """Return the files in the server's folder of uploads, of which some may be going."""
        return sorted(
            str((Path(folder) / name).relative_to(self.uploads))
            for folder, _, names in os.walk(self.uploads)
            for name in names
        )


def form(files: Sequence[tuple[str, str, bytes]]) -> tuple[dict[str, str], bytes]:
    """Return headers and body of a multipart form of files: part, file name, content."""
    body = b""
    for part, name, content in files:
        head = f'Content-Disposition: form-data; name="{part}"; filename="{name}"'
        body += f"--{BOUNDARY}\r\n{head}\r\n\r\n".encode("utf-8", "surrogateescape")
        body += content + b"\r\n"
    body += f"--{BOUNDARY}--\r\n".encode()
    return {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}, body


@contextmanager
def serving(*arguments: str | Path, uploads: Path) -> Iterator[Served]:
    """Start `hilum serve` on a free port; end it with Ctrl-C and check that nothing is left.

    Args:
        arguments: of the command.
        uploads: an empty folder, the server's TMPDIR.
    """
    command = [sys.executable, "-m", "hilum", "serve", *map(str, arguments), "--port", "0"]
    environment = {**os.environ, "TMPDIR": str(uploads), "PYTHONUNBUFFERED": "1"}
    log = uploads.parent / f"{uploads.name}.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=errors, text=True
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.startswith("hilum serves http://"), log.read_text()
            address, _, token = line.strip().removeprefix("hilum serves ").partition("#token=")
            yield Served(int(address.rstrip("/").rpartition(":")[2]), token, process, uploads)
            process.send_signal(signal.SIGINT)
            assert process.wait(30) == 0, log.read_text()
        finally:
            process.kill()
            process.wait()
            process.stdout.close() if process.stdout else None
    assert list(uploads.iterdir()) == []


def served_runs(folder: Path) -> list[Path]:
    """Write two runs of untrained networks, as training and evaluation leave them.

    Evaluation found the first one confounded, and chose operating points for both.
    """
    slices = np.zeros((2, SIDE, SIDE), np.uint8)
    verdicts = [("confounded", "Confounded: class and source are one."),
                ("no objection", "No check of the evaluation objects to this run.")]  # fmt: skip
    runs = []
    for seed, (level, sentence) in enumerate(verdicts, start=1):
        run = make_untrained(folder / f"run-{seed}", made_table(), seed=seed, size=SIDE)
        content = run.network() | {
            "thresholds": {"youden": 0.4, "sensitivity-0.95": 0.2},
            "calibration": {
                "temperature": 2.0,
                "fitted": True,
                "fitted_on": "validation",
                "note": "",
            },
            "verdict": {"level": level, "sentence": sentence},
        }
        write_json(content, run.network_file)
        assert write_run_onnx(run, slices) == ""
        runs.append(run.folder)
    return runs
