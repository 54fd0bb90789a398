"""What stands before every request: host, origin, token, size; and headers behind every answer."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import secrets
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hilum.server.limits import Limits
from hilum.server.problems import Problem, as_response

__all__ = ["CONTENT_SECURITY_POLICY", "Guard", "host_name"]

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "no-store",
}
"""Of every answer; a route may set its own Content-Security-Policy and Cache-Control."""

OPEN_PATHS = ("/", "/health", "/api", "/openapi.json")
OPEN_FOLDERS = ("/viewer/", "/problems/")
"""What needs no token: it says nothing about runs or patients."""
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
NO_BODY_BYTES = 2**16
"""Of a body sent where none is read."""
LOCAL = "localhost"

logger = logging.getLogger("hilum.server")


class Guard:
    """The middleware around the server.

    Args:
        app: what answers.
        names: host names that clients may use, besides localhost and addresses.
        token: what clients must send; empty: none.
        limits: on bodies and on how slowly they come.
        body_bytes: path -> bytes of a body that it may get.
    """

    def __init__(
        self, app: ASGIApp, *, names: tuple[str, ...], token: str, limits: Limits,
        body_bytes: Mapping[str, int],
    ) -> None:  # fmt: skip
        self.app, self.token, self.limits, self.body_bytes = app, token, limits, body_bytes
        self.names = {name.lower() for name in (LOCAL, *names)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it before anything of it is read."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        began, status = time.monotonic(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            self._check(scope)
            await self.app(scope, self._limited(scope, receive), send_with_headers)
        except Problem as problem:
            await as_response(problem)(scope, receive, send_with_headers)
        finally:
            _log(scope, status, time.monotonic() - began)

    def _check(self, scope: Scope) -> None:
        """Refuse a request by its headers."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if not self._is_known(host) or len(headers.getlist("host")) != 1:
            raise Problem("wrong-host", "This server doesn't answer under that host name.")
        _check_origin(headers, scope["method"], host)
        path = scope["path"]
        is_open = path in OPEN_PATHS or path.startswith(OPEN_FOLDERS)
        if self.token and not (is_open and scope["method"] in SAFE_METHODS):
            sent = headers.get("authorization", "")
            expected = f"Bearer {self.token}"
            if not secrets.compare_digest(sent.encode(), expected.encode()):
                raise Problem(
                    "no-token", "This server needs its token: Authorization: Bearer TOKEN.",
                    {"WWW-Authenticate": "Bearer"},
                )  # fmt: skip
        length = headers.get("content-length", "")
        if length.isdecimal() and int(length) > self._most_bytes(path):
            raise self._too_large(path)

    def _is_known(self, host: str) -> bool:
        """Return whether a Host header is this server's; no page can be rebound to an address."""
        name = host_name(host)
        if name in self.names:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True

    def _most_bytes(self, path: str) -> int:
        return self.body_bytes.get(path, NO_BODY_BYTES)

    def _too_large(self, path: str) -> Problem:
        most = self._most_bytes(path)
        return Problem("too-large", f"A request here may have at most {most:,} bytes.")

    def _limited(self, scope: Scope, receive: Receive) -> Receive:
        """Return `receive` with the limits on bytes and on silence."""
        path, total, complete = scope["path"], 0, False

        async def limited() -> Message:
            nonlocal total, complete
            if complete:
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), self.limits.idle_seconds)
            except TimeoutError:
                raise Problem(
                    "slow-upload",
                    f"Nothing came for {self.limits.idle_seconds:g} s, and the request is not "
                    f"complete.",
                    {"Connection": "close"},
                ) from None
            total += len(message.get("body", b""))
            complete = not message.get("more_body", False)
            if total > self._most_bytes(path):
                raise self._too_large(path)
            return message

        return limited


def host_name(host: str) -> str:
    """Return the name or address of a Host header, without port and brackets; empty: none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _check_origin(headers: Headers, method: str, host: str) -> None:
    """Refuse what another site's page makes a browser send.

    Raises:
        Problem: the origin is not this server.
    """
    origin = headers.get("origin")
    if origin is not None and (_host_of(origin) != host.lower() or not host):
        raise Problem("foreign-origin", "Pages of other sites may not use this server.")
    site = headers.get("sec-fetch-site", "none")
    if method not in SAFE_METHODS and site not in ("same-origin", "none"):
        raise Problem("foreign-origin", "Pages of other sites may not use this server.")


def _host_of(origin: str) -> str:
    """Return host and port of an origin; empty for none, such as "null"."""
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return ""


def _log(scope: Scope, status: int, seconds: float) -> None:
    """Log a request by its route: never a name, an id or a parameter that a client sent."""
    route = scope.get("route")
    path = getattr(route, "path", "(none)")
    logger.info("%s %s %d %.3f s", scope["method"][:8], path, status, seconds)
