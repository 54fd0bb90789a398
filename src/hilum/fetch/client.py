"""One HTTP client: opens addresses, waits and asks again, says in a sentence what is refused."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
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
"""Answers that a later attempt may change."""

LARGEST_DOCUMENT = 100_000_000
"""Bytes that a listing may have; GitHub's and S3's have some hundred thousand."""


class StoppedError(Exception):
    """The client was stopped from outside."""


class Client:
    """Opens addresses; may be shared by threads."""

    def __init__(self, patience: Patience | None = None) -> None:
        self.patience = patience or Patience()
        self._agent = f"hilum/{version('hilum')}"
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._open: set[BaseHTTPResponse] = set()
        self._reached: set[str] = set()

    def stop(self) -> None:
        """End what the client is doing in other threads: they raise StoppedError."""
        self._stop.set()
        with self._lock:
            for response in self._open:
                shut(response)

    def check(self) -> None:
        """Raise StoppedError where the client was stopped."""
        if self._stop.is_set():
            raise StoppedError

    def read(self, address: str) -> bytes:
        """Return a small document, whole.

        Raises:
            FetchError: refused, or not to be had after all attempts.
        """

        def attempt() -> bytes:
            with self.open(address, {}) as response:
                return self._small(response, address)

        return self.persist(attempt, address)

    def _small(self, response: BaseHTTPResponse, address: str) -> bytes:
        """Return a body, decoded, unless it is larger than any listing."""
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
        """Return what `attempt` gives, asking again as `patience` says.

        Args:
            attempt: raises PassingError where another may go better.
            address: what it is about, for the message.
            gained: whether the last attempt brought something new; then counting begins anew.

        Raises:
            FetchError: no attempt went well, or the server asks for more time than we have.
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
                        f"{short(address)}: {failed}, {tried} times in a row; try again later: the "
                        "same command goes on where it stopped."
                    ) from None
                tried += 1
                self._wait(failed.wait, tried)

    def _wait(self, asked: float | None, attempt: int) -> None:
        """Wait before an attempt, as long as the server asked where it did."""
        wait = self.patience.wait_before(attempt) if asked is None else asked
        self._stop.wait(wait)
        self.check()

    @contextmanager
    def open(self, address: str, headers: Mapping[str, str]) -> Iterator[BaseHTTPResponse]:
        """Yield an answer of status 200, 206 or 416 whose body was not read yet.

        Raises:
            PassingError, StoppedError: see there.
            FetchError: any other answer.
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
        """Let good answers pass and raise for all others."""
        status, where = response.status, short(address)
        if leads_off_https(response, address):
            raise FetchError(f"{where} leads to an address without encryption; it is not followed.")
        if status in (200, 206, 416):
            return
        asked = retry_after(response.headers.get("Retry-After"))
        passing = status in PASSING or (status == 403 and asked is not None)  # GitHub's way too
        spent = response.headers.get("X-RateLimit-Remaining") == "0" and status in (403, 429)
        if (spent and asked is None) or (passing and (asked or 0) > self.patience.longest_asked):
            later = f" in {asked:.0f} seconds" if asked is not None else " in an hour"
            raise FetchError(
                f"{where} has answered enough for now (HTTP {status}); run the same command again"
                f"{later}: it goes on where it stopped."
            )
        if passing:
            raise PassingError(f"the server answers HTTP {status}", wait=asked)
        if status in (404, 410):
            raise FetchError(
                f"{where} is not there (HTTP {status}); the collection may have moved: look at its "
                "page (hilum data list) and put the file into the folder under this name by hand, "
                "or give another server with --from."
            )
        if status in (401, 403):
            raise FetchError(
                f"{where} is refused (HTTP {status}); is a proxy in the way, or must the "
                "collection's terms be accepted on its page first?"
            )
        raise FetchError(f"{where}: the server answers HTTP {status}, which hilum can't use.")

    def pieces(self, response: BaseHTTPResponse, *, decode: bool = False) -> Iterator[bytes]:
        """Yield the body as it comes in; a connection that stands still or drips is cut.

        Raises:
            PassingError: cut, silent or too slow.
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
    """Return an address for a message: without question, user and password."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
