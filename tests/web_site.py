"""A web server on loopback that does what servers do on bad days, one request after the other."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

__all__ = ["Day", "Site", "site_on_loopback"]


@dataclass
class Day:
    """How one request is answered; the plain one is answered well."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut_at: int | None = None
    stall_at: int | None = None
    drip: float = 0.0
    packed: bool = False
    chunked: bool = False
    no_ranges: bool = False
    ignore_if_range: bool = False
    wrong_range: bool = False
    body: bytes | None = None


@dataclass
class Served:
    """One address: what it holds, what it is tagged with, and the days to come."""

    content: bytes
    etag: str | None = "auto"
    date: str | None = None
    days: list[Day] = field(default_factory=list)

    @property
    def tag(self) -> str | None:
        return f'"{hashlib.md5(self.content).hexdigest()}"' if self.etag == "auto" else self.etag


@dataclass
class Request:
    """One request as it came in."""

    path: str
    headers: dict[str, str]
    port: int


class Site:
    """Addresses by path (with the question, where one matters), and what was asked."""

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.pages: dict[str, Served] = {}
        self.requests: list[Request] = []
        self.pause = 0.0
        self.over = threading.Event()

    def serve(self, path: str, content: bytes, *days: Day, **more: str | None) -> str:
        self.pages[path] = Served(content, days=list(days), **more)
        return self.url + path

    def asked_of(self, path: str) -> list[Request]:
        return [one for one in self.requests if one.path == path]

    def ranges(self, path: str) -> list[str]:
        return [one.headers.get("range", "") for one in self.asked_of(path)]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    site: Site

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        site, path = self.site, unquote(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        site.requests.append(Request(path, headers, self.client_address[1]))
        page = site.pages.get(path) or site.pages.get(urlsplit(path).path)
        if page is None:
            self._answer(404, b"", {})
            return
        day = page.days.pop(0) if page.days else Day()
        self._serve(page, day)

    def _serve(self, page: Served, day: Day) -> None:
        if day.status != 200:
            self._answer(day.status, day.body or b"", day.headers)
            return
        content = page.content if day.body is None else day.body
        headers = dict(day.headers)
        if page.tag:
            headers["ETag"] = page.tag
        if page.date:
            headers["Last-Modified"] = page.date
        status, body = 200, content
        byte_range, condition = self.headers.get("Range"), self.headers.get("If-Range")
        same = day.ignore_if_range or condition in (None, page.tag, page.date)
        if byte_range and same and not day.no_ranges:
            start = int(byte_range.removeprefix("bytes=").rstrip("-"))
            if start >= len(content):
                self._answer(416, b"", {"Content-Range": f"bytes */{len(content)}"})
                return
            start = max(0, start - 1) if day.wrong_range else start
            status, body = 206, content[start:]
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
        if day.packed:
            body = gzip.compress(body)
            headers["Content-Encoding"] = "gzip"
        self._answer(status, body, headers, day)

    def _answer(
        self, status: int, body: bytes, headers: dict[str, str], day: Day | None = None
    ) -> None:
        day = day or Day()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if day.chunked:
            self._in_chunks(body, day)
            return
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if day.cut_at is not None:
            self.wfile.write(body[: day.cut_at])
            self.close_connection = True
            return
        if day.stall_at is not None:
            self.wfile.write(body[: day.stall_at])
            self.wfile.flush()
            self.site.over.wait(20)
            self.close_connection = True
            return
        step = 1 if day.drip else 1 << 16
        for at in range(0, len(body), step):
            try:
                self.wfile.write(body[at : at + step])
            except OSError:  # the client has hung up
                self.close_connection = True
                return
            if (pause := day.drip or self.site.pause) and self.site.over.wait(pause):
                return

    def _in_chunks(self, body: bytes, day: Day) -> None:
        """Send a body whose length nobody told before; cut, it has no end."""
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for at in range(0, len(body if day.cut_at is None else body[: day.cut_at]), 50_000):
            piece = body[at : at + 50_000]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        if day.cut_at is None:
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.close_connection = True


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is no error here."""


@contextmanager
def site_on_loopback() -> Iterator[Site]:
    """Yield a site that answers as long as the block lasts."""
    server = _Server(("127.0.0.1", 0), _Handler)
    found = Site(server.server_address[1])
    handler = type("Handler", (_Handler,), {"site": found})
    server.RequestHandlerClass = handler
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        found.over.set()
        server.shutdown()
        thread.join()
        server.server_close()
