"""The only module that calls urllib3: connecting (through a proxy if set) and reading a body."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from hilum.errors import FetchError, UsageError
from hilum.fetch.options import Patience

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse, PoolManager

__all__ = ["PassingError", "connect", "leads_off_https", "pieces", "shut"]

BLOCK = 1 << 18
"""Most bytes read from the socket at a time: few, so that a broken connection loses little."""

REDIRECTS = 5
"""Most redirects followed in a row."""

CONNECTIONS = 16
"""Connections kept open to one server."""


class PassingError(Exception):
    """A failed attempt that is worth repeating.

    Attributes:
        wait: seconds that the server asks for; None where it does not say.
        reached: whether the server was reached at all.
    """

    def __init__(self, reason: str, *, wait: float | None = None, reached: bool = True) -> None:
        super().__init__(reason)
        self.wait, self.reached = wait, reached


@cache
def _pool(proxy: str) -> PoolManager:
    """Return the connection pool of a proxy, or of direct connections where it is empty."""
    import urllib3

    if not proxy:
        return urllib3.PoolManager(maxsize=CONNECTIONS)
    auth = urllib3.util.parse_url(proxy).auth
    headers = urllib3.make_headers(proxy_basic_auth=auth) if auth else None
    return urllib3.ProxyManager(proxy, maxsize=CONNECTIONS, proxy_headers=headers)


def _proxy(address: str) -> str:
    """Return the proxy that the system sets for an address (HTTPS_PROXY, NO_PROXY, ...), or ""."""
    parts = urlsplit(address)
    if not parts.hostname or proxy_bypass(parts.netloc.rpartition("@")[2]):
        return ""
    known = getproxies()
    proxy = known.get(parts.scheme) or known.get("all") or ""
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def connect(address: str, headers: Mapping[str, str], patience: Patience) -> BaseHTTPResponse:
    """Return the response to a GET, redirects followed, its body not read yet.

    Raises:
        PassingError: no response; another attempt may get one.
        FetchError: no trusted certificate, or too many redirects.
        UsageError: not an HTTP URL.
    """
    import urllib3
    from urllib3 import exceptions

    timeout = urllib3.Timeout(connect=patience.connect, read=patience.silence)
    retries = urllib3.Retry(connect=0, read=0, status=0, other=0, redirect=REDIRECTS, total=None)
    try:
        return _pool(_proxy(address)).request(
            "GET", address, headers=dict(headers), preload_content=False, decode_content=False,
            timeout=timeout, retries=retries,
        )  # fmt: skip
    except (exceptions.LocationValueError, exceptions.URLSchemeUnknown):
        raise UsageError(
            f"{address!r} is no address; one begins with https:// or http://."
        ) from None
    except exceptions.HTTPError as error:
        raise _refusal(error, address) from None


def _refusal(error: Exception, address: str) -> Exception:
    """Return the exception for a failed connection: worth a retry, or final."""
    from urllib3 import exceptions

    server = urlsplit(address).netloc.rpartition("@")[2]
    cause = getattr(error, "reason", None) or error
    if isinstance(cause, exceptions.SSLError):
        return FetchError(
            f"{server} shows no certificate that this system trusts; behind a proxy with a "
            "certificate of its own, name that in SSL_CERT_FILE."
        )
    if isinstance(cause, exceptions.ResponseError):
        return FetchError(f"{server} leads from address to address more than {REDIRECTS} times.")
    if isinstance(cause, exceptions.NameResolutionError):
        return PassingError(f"no server {server} is known here (no internet?)", reached=False)
    if isinstance(cause, exceptions.ProxyError):
        return PassingError(f"the proxy for {server} does not answer", reached=False)
    if isinstance(cause, exceptions.ConnectTimeoutError | exceptions.NewConnectionError):
        return PassingError(f"{server} can't be reached (no internet?)", reached=False)
    return PassingError(f"{server} gave no answer")


def leads_off_https(response: BaseHTTPResponse, address: str) -> bool:
    """Whether an https URL was redirected through one without encryption."""
    history = response.retries.history if response.retries is not None else ()
    return urlsplit(address).scheme == "https" and any(
        (step.redirect_location or "").startswith("http:") for step in history
    )


def pieces(response: BaseHTTPResponse, patience: Patience, *, decode: bool) -> Iterator[bytes]:
    """Yield the body as it arrives; with `decode`, its content encoding is removed.

    Raises:
        PassingError: the connection was closed, stalled or too slow.
    """
    from urllib3 import exceptions

    begun, since = time.monotonic(), 0
    while True:
        try:
            piece = response.read1(BLOCK, decode_content=decode)
        except exceptions.ReadTimeoutError:
            raise PassingError(f"nothing came for {patience.silence:g} seconds") from None
        except (exceptions.HTTPError, OSError):
            raise PassingError("the connection was cut") from None
        if not piece:
            return
        yield piece
        since += len(piece)
        seconds = time.monotonic() - begun
        if seconds >= patience.window:
            if since < patience.slowest * seconds:
                raise PassingError(f"less than {patience.slowest:g} bytes a second came")
            begun, since = time.monotonic(), 0


def shut(response: BaseHTTPResponse) -> None:
    """Close the connection under a thread that reads from `response`, which then wakes up."""
    with suppress(ValueError, RuntimeError, OSError):  # it has ended already
        response.shutdown()
