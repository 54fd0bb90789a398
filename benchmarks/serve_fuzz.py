"""Mutated files and requests for `hilum serve`: what breaks, hangs or grows is a find.

Files go to workers as the server sends them; requests go to the server's port as raw bytes.

    python benchmarks/serve_fuzz.py RUN [--files 20000] [--requests 5000] [--slices FOLDER]

RUN is a run folder with its network.onnx. FOLDER holds files of many kinds that are mutated, too.
Finds are written to --finds, and printed with the state in which the worker answered.
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import io
import json
import socket
import struct
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import numpy as np
from _machine import describe
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from PIL import Image

from hilum.server.pool import Pool, Worker, WorkerSettings

MIB = 2**20
LARGEST_SEED = MIB // 4
SECONDS, MEMORY = 30.0, 1024 * MIB
HARMLESS = ("answer", "refused", "memory")
LENGTHS = (0, 1, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFE, 0xFFFFFFFF)

OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(["flip", "set", "cut", "drop", "double", "length", "splice"]),
        st.floats(0, 1, exclude_max=True), st.integers(0, 255),
    ),
    min_size=1, max_size=8,
)  # fmt: skip
"""What is done to a file, where in it (as a share of its length), and with which byte."""


def mutated(content: bytes, operations: list[tuple[str, float, int]], other: bytes) -> bytes:
    """Return a file after the operations; headers are hit as often as all the rest."""
    data = bytearray(content)
    for name, share, byte in operations:
        reach = len(data) if byte % 2 else min(len(data), 1024)
        at = int(share * reach)
        if name == "flip" and data:
            data[at % len(data)] ^= 1 << byte % 8
        elif name == "set" and data:
            data[at % len(data)] = byte
        elif name == "cut":
            del data[at:]
        elif name == "drop":
            del data[at : at + byte]
        elif name == "double":
            data[at:at] = data[at : at + byte * 4]
        elif name == "length":
            form = "<I" if byte & 1 else ">I"
            data[at : at + 4] = struct.pack(form, LENGTHS[byte % len(LENGTHS)])
        elif name == "splice":
            data[at : at + byte] = other[at : at + byte]
    return bytes(data)


def seeds(folder: Path | None) -> list[bytes]:
    """Return sound files of all formats, drawn here, and small files of a folder."""
    grey = (np.indices((48, 48)).sum(axis=0) * 2).astype(np.uint8)
    found = []
    for kind in ("PNG", "JPEG", "TIFF", "BMP", "WEBP"):
        for mode in ("L", "RGB", "I;16") if kind in ("PNG", "TIFF") else ("L", "RGB"):
            file = io.BytesIO()
            values = grey.astype(np.uint16) * 200 if mode == "I;16" else grey
            Image.fromarray(values).convert(mode).save(file, kind)
            found.append(file.getvalue())
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
    from made_dicom import chest_hu, ct_file

    found += [ct_file(), ct_file(np.stack([chest_hu(32)] * 3)), ct_file(chest_hu(128))]
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file_of_zip:
        file_of_zip.writestr("a.dcm", ct_file())
    found.append(archive.getvalue())
    for path in sorted(folder.rglob("*")) if folder else ():
        if path.is_file() and path.stat().st_size <= LARGEST_SEED:
            found.append(path.read_bytes())
    return found


def generated(
    count: int, strategy: st.SearchStrategy[Any], take: Callable[[Any], None], *, number: int
) -> None:
    """Call `take` with `count` examples of a strategy, the same ones each time for a seed."""

    @seed(number)
    @settings(
        max_examples=count, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def draw(example: Any) -> None:
        take(example)

    draw()


def resident(worker: Worker) -> int:
    """Return the resident bytes of a worker."""
    pages = Path(f"/proc/{worker.process.pid}/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * 4096


async def fuzz_files(run: Path, files: Iterator[bytes], finds: Path) -> Counter[str]:
    """Let two workers answer for all files; return how often each state was answered."""
    counts: Counter[str] = Counter()
    slowest = largest = 0.0
    with tempfile.TemporaryDirectory(prefix="hilum-fuzz-") as text:
        folder = Path(text)
        chosen = WorkerSettings([("run", str(run.resolve()))], folder / "uploads", "onnx", MEMORY)
        chosen.folder.mkdir()
        pool = Pool(chosen, count=1, waiting=1)
        await pool.open()
        (worker,) = pool._workers
        before = resident(worker)
        for number, content in enumerate(files):
            path = chosen.folder / "slice"
            path.write_bytes(content)
            request = {
                "work": "slice", "models": ["run"], "files": [str(path)], "frames": 64,
                "window": None, "threshold": None, "pixels": number % 4 == 0, "map": None,
            }  # fmt: skip
            if number % 8 == 7:
                job = folder / "uploads" / f"job-{number}"
                job.mkdir()
                request |= {"work": "series", "names": ["x"], "folder": str(job), "most": 100,
                            "top": 2, "dicom": False}  # fmt: skip
            began = time.monotonic()
            answer = await pool._work(worker, request, SECONDS)
            taken, state = time.monotonic() - began, str(answer.head.get("state"))
            slowest, counts[state] = max(slowest, taken), counts[state] + 1
            if state not in HARMLESS:
                finds.mkdir(exist_ok=True)
                (finds / f"{number:06d}-{state}").write_bytes(content)
                print(f"find {number}: {state} {answer.head.get('trace', '')}", flush=True)
            if state not in ("answer", "refused"):
                while not pool._workers:
                    await asyncio.sleep(0.05)
                (worker,) = pool._workers
            elif number % 200 == 199:
                largest = max(largest, resident(worker))
            if number % 1000 == 999:
                print(f"{number + 1:,} files: {dict(counts)}", file=sys.stderr, flush=True)
        print(f"| slowest file | {slowest:.2f} s |")
        print(f"| memory of a worker | {before / MIB:.0f} MiB, at most {largest / MIB:.0f} MiB |")
        await pool.close()
    return counts


def request_of(parts: tuple[str, str, list[tuple[str, str]], bytes]) -> bytes:
    """Return a request as bytes, whatever its parts are."""
    method, path, headers, body = parts
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body


def requests() -> st.SearchStrategy[tuple[str, str, list[tuple[str, str]], bytes]]:
    """Return requests that are nearly right, in one way or another."""
    words = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30)
    paths = st.sampled_from([
        "/predict", "/jobs", "/jobs/x", "/jobs/x/result", "/models", "/models/..%2f..", "/health",
        "/jobs/x/series/-1/slices/99999999999", "/viewer/%00", "//", "*", "/predict?threshold=nan",
        "/predict?window=1e999/0", "/predict?pixels=2", "/predict?method=%ff", "/problems/x",
    ]) | words.map(lambda text: "/" + text.replace(" ", "+"))  # fmt: skip
    header = st.tuples(
        st.sampled_from(["Host", "Origin", "Content-Length", "Content-Type", "Transfer-Encoding",
                         "Authorization", "Job-Key", "Range", "Expect", "Connection", "Cookie",
                         "Content-Encoding", "X-Forwarded-For"]),
        st.sampled_from(["localhost", "0", "5", "-1", "99999999999", "chunked", "null", "gzip",
                         "multipart/form-data", "multipart/form-data; boundary=x", "bytes=0-",
                         "100-continue", "close"]) | words,
    )  # fmt: skip
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
    bodies = st.sampled_from([
        b"", b"5\r\nhello\r\n0\r\n\r\n", part + b"abc\r\n--x--\r\n", part, b"--x--", part * 50,
        b"FFFFFFFFFFFFFFFF\r\n", b'--x\r\nContent-Disposition: form-data; name="' + b"a" * 9000,
    ]) | st.binary(max_size=200)  # fmt: skip
    methods = st.sampled_from(["GET", "POST", "DELETE", "PUT", "HEAD", "OPTIONS", "TRACE", "get"])
    usual = [("Host", "localhost"), ("Content-Type", "multipart/form-data; boundary=x")]
    headers = st.lists(header, max_size=4).map(lambda more: [*usual, *more])
    loose = st.tuples(methods, paths, headers | st.lists(header, max_size=3), bodies)
    query = st.lists(
        st.tuples(st.sampled_from(["model", "window", "threshold", "pixels", "method", "layer",
                                   "target", "dicom"]), words), max_size=2,
    ).map(lambda pairs: f"?{urlencode(pairs)}" if pairs else "")  # fmt: skip
    posts = st.tuples(st.sampled_from(["/predict", "/predict", "/jobs"]), query).map("".join)
    form = st.tuples(st.sampled_from(seeds(None)), OPERATIONS, words).map(_form)

    def framed(path: str, body: bytes) -> tuple[str, str, list[tuple[str, str]], bytes]:
        ends = [("Content-Length", str(len(body))), ("Connection", "close")]
        return "POST", path, [*usual, *ends], body

    return loose | st.builds(framed, posts, form)


def _form(drawn: tuple[bytes, list[tuple[str, float, int]], str]) -> bytes:
    """Return a form with a mutated file, and now and then a mutation of all of it."""
    content, operations, name = drawn
    head = f'--x\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    sound = len(operations) % 3 > 0
    file = mutated(content, operations, b"") if sound else content
    form = head.encode() + file + b"\r\n--x--\r\n"
    return form if sound else mutated(form, operations, b"")


def fuzz_requests(port: int, count: int, number: int) -> Counter[str]:
    """Send mutated requests; return how often each status came, "closed" where none did."""
    counts: Counter[str] = Counter()

    def send(parts: tuple[str, str, list[tuple[str, str]], bytes]) -> None:
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            try:
                connection.sendall(request_of(parts))
                if ("Content-Length", str(len(parts[3]))) not in parts[2]:
                    connection.shutdown(socket.SHUT_WR)  # else the server waits for what is missing
                head = connection.recv(4096)
                while head.startswith(b"HTTP/1.1 202") and (more := connection.recv(4096)):
                    head += more
            except (ConnectionError, TimeoutError) as error:
                counts["hung" if isinstance(error, TimeoutError) else "closed"] += 1
                return
        status = (head.split(b" ")[1:2] or [b"closed"])[0].decode("ascii", "replace")
        counts[status] += 1
        if status == "202":
            finish_job(port, json.loads(head.partition(b"\r\n\r\n")[2]))

    generated(count, requests(), send, number=number)
    return counts


def finish_job(port: int, job: dict[str, Any]) -> None:
    """Wait until a job is over, and remove it; only so many are stored at a time."""
    address, headers = f"http://127.0.0.1:{port}/jobs/{job['id']}", {"Job-Key": job["key"]}
    while json.load(urlopen(Request(address, headers=headers)))["status"] in ("waiting", "running"):
        time.sleep(0.02)
    urlopen(Request(address, headers=headers, method="DELETE"))


def main() -> None:
    """Fuzz, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path)
    parser.add_argument("--files", type=int, default=20_000)
    parser.add_argument("--requests", type=int, default=5_000)
    parser.add_argument("--slices", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--finds", type=Path, default=Path("finds"))
    parser.add_argument("--port", type=int, help="of a running `hilum serve`, for requests")
    options = parser.parse_args()
    print(describe())
    print("\n| | |\n|---|---|")
    if options.files:
        sound = seeds(options.slices)
        print(f"| sound files that were mutated | {len(sound)} |", flush=True)
        kinds = st.integers(0, len(sound) - 1)
        drawn: list[tuple[int, int, list[tuple[str, float, int]]]] = []
        generated(
            options.files, st.tuples(kinds, kinds, OPERATIONS), drawn.append, number=options.seed
        )
        distinct: set[bytes] = set()

        def files() -> Iterator[bytes]:
            for kind, other, operations in drawn:
                content = mutated(sound[kind], operations, sound[other])
                distinct.add(hashlib.sha256(content).digest())
                yield content

        counts = asyncio.run(fuzz_files(options.run, files(), options.finds))
        print(f"| mutated files | {sum(counts.values()):,}: {dict(counts)} |")
        print(f"| distinct ones among them | {len(distinct):,} |", flush=True)
    if options.requests and options.port:
        counts = fuzz_requests(options.port, options.requests, options.seed)
        print(f"| mutated requests | {sum(counts.values()):,}: {dict(counts)} |")


if __name__ == "__main__":
    main()
