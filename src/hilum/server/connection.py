"""Connections: the head of a request must come in time, and idle ones make room for others."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["ImpatientProtocol"]

HEAD_SECONDS = 10.0
"""For all headers of a request; uvicorn itself waits without end."""


class ImpatientProtocol(H11Protocol):
    """HTTP/1.1 that slow clients can't occupy.

    Without it, as many connections as may be open that never finish their headers keep all others
    out, and they need no token for that (slow loris).
    """

    _head_timer: asyncio.TimerHandle | None = None
    since = 0.0
    """When the head that hasn't come yet began to be waited for."""

    @property
    def is_waiting(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: Any) -> None:
        """Take a connection; where all are taken, the one that has waited longest is closed."""
        super().connection_made(transport)
        self._wait_for_head()
        limit = self.limit_concurrency
        if limit is not None and len(self.connections) >= limit:
            others = [one for one in self.connections if one is not self]
            waiting = [
                one for one in others if isinstance(one, ImpatientProtocol) and one.is_waiting
            ]
            if waiting:
                oldest = min(waiting, key=lambda one: one.since)
                self.connections.discard(oldest)
                oldest.transport.close()

    def data_received(self, data: bytes) -> None:
        """Take what came; begin or end the wait for a head."""
        super().data_received(data)
        if not self.is_waiting:
            self._stop_waiting()
        elif self._head_timer is None:
            self._wait_for_head()

    def on_response_complete(self) -> None:
        """Wait for the rest of the next head if part of it came with the last request."""
        super().on_response_complete()
        if self.is_waiting and self.conn.trailing_data[0]:
            self._stop_waiting()
            self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """End the wait with the connection."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        self.since = self.loop.time()
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _stop_waiting(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _give_up(self) -> None:
        self._head_timer = None
        if self.is_waiting:
            self.transport.close()
