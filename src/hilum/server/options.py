"""How a server listens and answers."""

from __future__ import annotations

import ipaddress
import secrets
from dataclasses import dataclass, field

from hilum.errors import UsageError
from hilum.server.limits import Limits

__all__ = ["LEAST_TOKEN", "ServeOptions", "is_loopback"]

LEAST_TOKEN = 16
"""Characters of a token; a random one has 43."""
HIGHEST_PORT = 65_535
LOOPBACK_NAME = "localhost"


@dataclass(frozen=True)
class ServeOptions:
    """How a server listens and answers.

    Attributes:
        host: address to listen on.
        port: from 1 to 65535; 0: any free one.
        names: host names that clients may use, besides `localhost` and addresses.
        token: what clients must send; empty: none on loopback, a random one elsewhere.
        workers: processes that decode and compute.
        engine: computes the networks, see `hilum.steps.predict.engine.ENGINES`.
        limits: on what clients send, and on what answering takes.
        dicomweb: answer DICOMweb below /dicomweb, too; all clients see the same studies there.

    Raises:
        UsageError: the port is none, the token is short, or there is no worker.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    names: tuple[str, ...] = ()
    token: str = field(default="", repr=False)
    workers: int = 2
    engine: str = "auto"
    limits: Limits = field(default_factory=Limits)
    dicomweb: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.port <= HIGHEST_PORT:
            raise UsageError(f"a port is a number from 0 to {HIGHEST_PORT}; got {self.port}.")
        if self.workers < 1:
            raise UsageError(f"a server needs at least one worker; got {self.workers}.")
        if self.token and (len(self.token) < LEAST_TOKEN or not self.token.isascii()):
            raise UsageError(
                f"a token needs at least {LEAST_TOKEN} ASCII characters; leave it out for a "
                f"random one."
            )

    def client_token(self) -> str:
        """Return the token that clients must send; empty: none is needed."""
        if self.token or is_loopback(self.host):
            return self.token
        return secrets.token_urlsafe(32)


def is_loopback(host: str) -> bool:
    """Return whether an address is reached from this machine alone."""
    if host == LOOPBACK_NAME:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
