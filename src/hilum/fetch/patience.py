"""How long a server is waited for, and how often it is asked again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

__all__ = ["Patience", "retry_after"]


@dataclass(frozen=True)
class Patience:
    """Seconds and counts; the defaults suit a slow line and a server that restarts.

    Attributes:
        connect: seconds to wait for a connection.
        silence: seconds without a byte after which a connection is cut, and resumed.
        window: seconds over which `slowest` is measured.
        slowest: bytes a second below which a connection is cut, and resumed: some servers drip.
        tries: attempts in a row that bring nothing new, before a file is given up.
        tries_unreached: the same for a server that never answered: there is probably no network.
        first_wait: seconds before the second attempt; doubled for each further one.
        longest_wait: seconds that are waited at most of hilum's own accord.
        longest_asked: seconds that a server may ask to be left alone (Retry-After).
    """

    connect: float = 10.0
    silence: float = 30.0
    window: float = 60.0
    slowest: float = 500.0
    tries: int = 6
    tries_unreached: int = 2
    first_wait: float = 1.0
    longest_wait: float = 60.0
    longest_asked: float = 120.0

    def wait_before(self, attempt: int) -> float:
        """Return seconds to wait before attempt 2, 3, ...: 1, 2, 4, ... up to `longest_wait`."""
        return float(min(self.longest_wait, self.first_wait * 2 ** (attempt - 2)))


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
