"""Options of a fetch: what, from where, and how long to wait for servers."""

from __future__ import annotations

from dataclasses import dataclass, field

from hilum.errors import UsageError
from hilum.progress import SILENT, Progress

__all__ = ["ALSO", "FetchOptions", "Patience"]

ALSO = ("pet", "fused")
"""Kinds of series that are left out unless requested."""


@dataclass(frozen=True)
class Patience:
    """Seconds and counts; the defaults suit a slow line and a server that restarts.

    Attributes:
        connect: timeout for a connection, seconds.
        silence: seconds without a byte after which a connection is closed and the download resumed.
        window: seconds over which `slowest` is measured.
        slowest: bytes per second below which a connection is closed and the download resumed.
        tries: attempts in a row without progress before a file is given up.
        tries_unreached: the same for a server that never responded (probably no network).
        first_wait: seconds before the second attempt; doubled for each later one.
        longest_wait: upper bound of these waits, seconds.
        longest_pause: longest pause that a server may ask for (Retry-After), seconds.
    """

    connect: float = 10.0
    silence: float = 30.0
    window: float = 60.0
    slowest: float = 500.0
    tries: int = 6
    tries_unreached: int = 2
    first_wait: float = 1.0
    longest_wait: float = 60.0
    longest_pause: float = 120.0

    def wait_before(self, attempt: int) -> float:
        """Return seconds to wait before attempt 2, 3, ...: 1, 2, 4, ... up to `longest_wait`."""
        return float(min(self.longest_wait, self.first_wait * 2 ** (attempt - 2)))


@dataclass(frozen=True)
class FetchOptions:
    """How a collection is fetched; each collection uses what concerns it.

    Attributes:
        patients: lung-pet-ct-dx: number of patients, drawn by `seed`; None takes all.
        seed: of the draw; a larger draw contains the smaller ones of the same seed.
        also: lung-pet-ct-dx: `pet` for the PET series too, `fused` for the coloured pictures of PET
            laid over CT, which the collection files under CT.
        server: URL that replaces the collection's own servers; "" uses those.
        keep_archives: keep archives after unpacking.
        side_by_side: files fetched in parallel.
        patience: timeouts and retries.
        progress: receives the progress.
    """

    patients: int | None = None
    seed: int = 0
    also: tuple[str, ...] = ()
    server: str = ""
    keep_archives: bool = False
    side_by_side: int = 8
    patience: Patience = field(default_factory=Patience)
    progress: Progress = SILENT

    def check(self, name: str, *, by_patient: bool) -> None:
        """Refuse options that make no sense for the collection `name`.

        Raises:
            UsageError: numbers out of range, an unknown kind, or an unsupported option.
        """
        if not by_patient and (self.patients is not None or self.also):
            raise UsageError(
                f"{name} is fetched as a whole: its files are not listed by patient, so leave out "
                "--patients and --also."
            )
        if self.patients is not None and self.patients < 1:
            raise UsageError(f"patients must be at least 1; got {self.patients}.")
        if self.seed < 0:
            raise UsageError(f"seed must be at least 0; got {self.seed}.")
        unknown = [kind for kind in self.also if kind not in ALSO]
        if unknown:
            raise UsageError(f"also takes {' and '.join(ALSO)}; got {unknown[0]!r}.")
        if not 1 <= self.side_by_side <= 32:
            raise UsageError(f"side_by_side must be 1 to 32; got {self.side_by_side}.")
        if self.server and not self.server.startswith(("https://", "http://")):
            raise UsageError(
                f"a server's address begins with https:// or http://; got {self.server!r}."
            )
