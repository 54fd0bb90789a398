"""Many clients of `hilum serve` at once, for minutes: wrong answers, latencies, leaks.

    python benchmarks/serve_load.py RUN [--clients 32] [--seconds 300] [--slices FOLDER]

Each client sends one slice after another, waits as Retry-After says when the server is busy, and
compares the answer with that of `hilum predict` for the same file.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from http.client import HTTPConnection
from pathlib import Path

import numpy as np
from _machine import describe

import hilum

BOUNDARY = "load"
MIB = 2**20


def body_of(content: bytes) -> bytes:
    """Return a form with one file."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="slice"\r\n\r\n'
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


class Client(threading.Thread):
    """One client; `times` are the seconds of its answers, waiting included."""

    def __init__(
        self, port: int, files: list[bytes], expected: list[dict[str, float]], until: float
    ) -> None:
        super().__init__()
        self.port, self.files, self.expected, self.until = port, files, expected, until
        self.times: list[float] = []
        self.waits: list[float] = []
        self.wrong = self.busy = self.failed = 0

    def run(self) -> None:
        """Send slices until the time is over."""
        number = self.port + id(self)
        connection = HTTPConnection("127.0.0.1", self.port, timeout=120)
        while time.monotonic() < self.until:
            number += 1
            began = time.monotonic()
            while True:
                sent = time.monotonic()
                try:
                    status, headers, body = self._ask(connection, number % len(self.files))
                except OSError:
                    self.failed += 1
                    connection.close()
                    connection = HTTPConnection("127.0.0.1", self.port, timeout=120)
                    break
                if status != 503:
                    self.times.append(time.monotonic() - sent)
                    self.waits.append(time.monotonic() - began)
                    self._compare(status, body, number % len(self.files))
                    break
                self.busy += 1
                time.sleep(min(5.0, float(headers["retry-after"])))

    def _ask(self, connection: HTTPConnection, number: int) -> tuple[int, dict[str, str], bytes]:
        headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
        connection.request("POST", "/predict", body_of(self.files[number]), headers)
        response = connection.getresponse()
        found = {name.lower(): value for name, value in response.getheaders()}
        return response.status, found, response.read()

    def _compare(self, status: int, body: bytes, number: int) -> None:
        if status != 200:
            self.failed += 1
            return
        (one,) = json.loads(body)["slices"]
        right = self.expected[number]
        self.wrong += any(abs(one["probabilities"][name] - p) > 1e-4 for name, p in right.items())


def memory_of(process: int) -> tuple[int, int]:
    """Return resident bytes and open files of a process and its children."""
    children = subprocess.run(
        ["pgrep", "-P", str(process)], capture_output=True, text=True, check=False
    ).stdout.split()
    pages = files = 0
    for one in (str(process), *children):
        pages += int(Path(f"/proc/{one}/statm").read_text(encoding="ascii").split()[1])
        files += len(list(Path(f"/proc/{one}/fd").iterdir()))
    return pages * 4096, files


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--clients", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--slices", type=Path, required=True)
    options = parser.parse_args()
    paths = sorted(path for path in options.slices.rglob("*") if path.suffix in (".dcm", ".png"))
    began = time.monotonic()
    outcomes = list(hilum.predict(options.run, paths))
    alone = (time.monotonic() - began) / len(paths)
    right = {one.path: one.probabilities for one in outcomes if isinstance(one, hilum.Predicted)}
    paths = [path for path in paths if path in right]
    files, expected = [path.read_bytes() for path in paths], [right[path] for path in paths]
    with tempfile.TemporaryDirectory(prefix="hilum-load-") as uploads:
        process = subprocess.Popen(
            [sys.executable, "-m", "hilum", "serve", str(options.run), "--port", "0"],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env={**os.environ, "TMPDIR": uploads},
        )  # fmt: skip
        assert process.stdout is not None
        port = int(process.stdout.readline().strip().rstrip("/").rpartition(":")[2])
        warm = Client(port, files, expected, time.monotonic() + 10)
        warm.start()
        warm.join()
        before = memory_of(process.pid)
        until = time.monotonic() + options.seconds
        clients = [Client(port, files, expected, until) for _ in range(options.clients)]
        for client in clients:
            client.start()
        for client in clients:
            client.join()
        after = memory_of(process.pid)
        left = [path for path in Path(uploads).rglob("*") if path.is_file()]
        process.send_signal(signal.SIGINT)
        process.wait(30)
    report(options, clients, warm, alone, (before, after), len(left))


def report(
    options: argparse.Namespace, clients: list[Client], warm: Client, alone: float,
    memory: tuple[tuple[int, int], tuple[int, int]], left: int,
) -> None:  # fmt: skip
    """Print the table."""
    times = np.concatenate([client.times for client in clients])
    waits = np.concatenate([client.waits for client in clients])
    (first, fds), (last, fds_after) = memory
    shown = [
        ("answers", f"{len(times):,} ({len(times) / options.seconds:.1f} a second)"),
        ("wrong; failed", f"{sum(c.wrong for c in clients)}; {sum(c.failed for c in clients)}"),
        ("busy (503)", f"{sum(c.busy for c in clients):,}"),
        ("p50, p95, p99 of an answer", quantiles(times)),
        ("the same with waiting for room", quantiles(waits)),
        ("one client alone, p50, p95, p99", quantiles(np.array(warm.times))),
        ("`hilum predict`, a slice, loading included", f"{alone:.3f} s"),
        ("memory of all processes", f"{first / MIB:.0f} MiB before, {last / MIB:.0f} after"),
        ("open files of all processes", f"{fds} before, {fds_after} after"),
        ("files of uploads left", str(left)),
    ]
    print(describe())
    print(f"\n| {options.clients} clients, {options.seconds:g} s | |\n|---|---|")
    print("\n".join(f"| {name} | {value} |" for name, value in shown))


def quantiles(times: np.ndarray) -> str:
    """Return the 50th, 95th and 99th percentile in seconds."""
    return ", ".join(f"{np.quantile(times, q):.3f} s" for q in (0.5, 0.95, 0.99))


if __name__ == "__main__":
    main()
