"""The HTTP client: opens URLs, retries with waits, and turns refusals into one sentence."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from hilum.errors import FetchError
from hilum.fetch.connect import PassingError, connect, leads_off_https, pieces, shut
from hilum.fetch.options import Patience

if TYPE_CHECKING:
    from urllib3 import BaseHTTPResponse

__all__ = ["Client", "StoppedError", "retry_after", "short"]

T = TypeVar("T")

PASSING = {408, 429, 500, 502, 503, 504}
"""HTTP statuses worth another attempt."""

LARGEST_DOCUMENT = 100_000_000
"""Upper bound on the size of a listing in bytes; those of GitHub and S3 have some 100,000."""


class StoppedError(Exception):
    """The client was stopped from outside."""


class Client:
    """Opens URLs; safe to share between threads.

    Raises:
        ImportError: urllib3 is not installed; raised before anything is planned.
    """

    def __init__(self, patience: Patience | None = None) -> None:
        import_module("urllib3")
        self.patience = patience or Patience()
        self._agent = f"hilum/{version('hilum')}"
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._open: set[BaseHTTPResponse] = set()
        self._reached: set[str] = set()

    def stop(self) -> None:
        """Stop the client's work in other threads: they raise StoppedError."""
        self._stop.set()
        with self._lock:
            for response in self._open:
                shut(response)

    def check(self) -> None:
        """Raise StoppedError if the client has been stopped."""
        if self._stop.is_set():
            raise StoppedError

    def read(self, address: str) -> bytes:
        """Return a small document.

        Raises:
            FetchError: refused, or all attempts failed.
        """

        def attempt() -> bytes:
            with self.open(address, {}) as response:
                return self._small(response, address)

        return self.persist(attempt, address)

    def _small(self, response: BaseHTTPResponse, address: str) -> bytes:
        """Return a decoded body; refuse one larger than any listing."""
        content = bytearray()
        for piece in self.pieces(response, decode=True):
            content += piece
            if len(content) > LARGEST_DOCUMENT:
                raise FetchError(
                    f"{short(address)} has more than {LARGEST_DOCUMENT / 1e6:.0f} MB: no listing."
                )
        return bytes(content)

    def persist(
        self, attempt: Callable[[], T], address: str, gained: Callable[[], bool] = lambda: False
    ) -> T:
        """Return the result of `attempt`, retrying as `patience` allows.

        Args:
            attempt: raises PassingError where a retry may succeed.
            address: the URL, for the message.
            gained: whether the last attempt made progress; if so, the count of attempts restarts.

        Raises:
            FetchError: every attempt failed, or the server asks for too long a pause.
        """
        tried = 1
        while True:
            try:
                return attempt()
            except PassingError as failed:
                tried = 1 if gained() else tried
                reached = failed.reached or urlsplit(address).netloc in self._reached
                most = self.patience.tries if reached else self.patience.tries_unreached
                if tried >= most:
                    raise FetchError(
                        f"{short(address)}: {failed}, {tried} times in a row; try again later: "
                        "the same command resumes."
                    ) from None
                tried += 1
                self._wait(failed.wait, tried)

    def _wait(self, pause: float | None, attempt: int) -> None:
        """Wait before an attempt: as long as the server asked, else as `patience` says."""
        wait = self.patience.wait_before(attempt) if pause is None else pause
        self._stop.wait(wait)
        self.check()

    @contextmanager
    def open(self, address: str, headers: Mapping[str, str]) -> Iterator[BaseHTTPResponse]:
        """Yield a response of status 200, 206 or 416 whose body has not been read yet.

        Raises:
            PassingError, StoppedError: see there.
            FetchError: any other response.
        """
        self.check()
        sent = {"User-Agent": self._agent, "Accept-Encoding": "identity", **headers}
        response = connect(address, sent, self.patience)
        with self._lock:
            self._open.add(response)
            self._reached.add(urlsplit(address).netloc)
        try:
            self.check()
            self._judge(response, address)
            yield response
        finally:
            with self._lock:
                self._open.discard(response)
            response.close()

    def _judge(self, response: BaseHTTPResponse, address: str) -> None:
        """Accept usable responses and raise for all others."""
        status, where = response.status, short(address)
        if leads_off_https(response, address):
            raise FetchError(f"{where} leads to an address without encryption; it is not followed.")
        if status in (200, 206, 416):
            return
        pause = retry_after(response.headers.get("Retry-After"))
        passing = status in PASSING or (status == 403 and pause is not None)  # as GitHub does
        spent = response.headers.get("X-RateLimit-Remaining") == "0" and status in (403, 429)
        if (spent and pause is None) or (passing and (pause or 0) > self.patience.longest_pause):
            later = f" in {pause:.0f} seconds" if pause is not None else " in an hour"
            raise FetchError(
                f"{where} limits the number of requests (HTTP {status}); run the same command "
                f"again{later} to resume."
            )
        if passing:
            raise PassingError(f"the server answers HTTP {status}", wait=pause)
        if status in (404, 410):
            raise FetchError(
                f"{where} does not exist (HTTP {status}); the collection may have moved: see its "
                "page (hilum data list), and put the file into the folder under this name "
                "yourself, or give another server with --from."
            )
        if status in (401, 403):
            raise FetchError(
                f"{where} is refused (HTTP {status}); is a proxy blocking it, or must the "
                "collection's terms be accepted on its page first?"
            )
        raise FetchError(f"{where}: the server answers HTTP {status}, which hilum can't use.")

    def pieces(self, response: BaseHTTPResponse, *, decode: bool = False) -> Iterator[bytes]:
        """Yield the body as it arrives; a stalled or very slow connection is closed.

        Raises:
            PassingError: closed, stalled or too slow.
            StoppedError: see there.
        """
        for piece in pieces(response, self.patience, decode=decode):
            self.check()
            yield piece
        self.check()


def retry_after(value: str | None, *, now: datetime | None = None) -> float | None:
    """Return the seconds that a Retry-After header asks for; None where it says nothing readable.

    Both forms of RFC 9110, section 10.2.3, are read: seconds, and a date.
    """
    text = (value or "").strip()
    if text.isdecimal():
        return float(text)
    try:
        date = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    date = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max(0.0, (date - (now or datetime.now(UTC))).total_seconds())


def short(address: str) -> str:
    """Return a URL for a message: without query, user and password."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
