"""How long the client waits, and what a server's Retry-After asks for."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from hilum.fetch.client import retry_after
from hilum.fetch.options import Patience

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def test_each_wait_is_twice_the_last_up_to_a_limit():
    patience = Patience(first_wait=1.0, longest_wait=5.0)
    assert [patience.wait_before(attempt) for attempt in (2, 3, 4, 5, 6)] == [1, 2, 4, 5, 5]


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 0 ", 0.0),
        ("Tue, 24 Nov 2026 12:01:30 GMT", 90.0),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        ("", None),
        (None, None),
    ],
)
def test_both_forms_of_retry_after_are_read(header, seconds):
    assert retry_after(header, now=NOON) == seconds
