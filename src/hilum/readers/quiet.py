"""Silence for the warnings of the libraries that decode, while a file is being read.

Odd values in real files make them warn and log by the dozen, and pydicom repeats the values,
which may be a patient's; what matters to a user is written into the notes of the slice instead.
"""

from __future__ import annotations

import logging
import threading
import warnings

__all__ = ["WITHOUT_WARNINGS"]


_LOGGERS = ("pydicom", "PIL")


def _drop(_: logging.LogRecord) -> bool:
    """Keep no record: a logging filter."""
    return False


class _Silence:
    """A context that may be entered by several threads at once: the last one out restores.

    `warnings.catch_warnings` alone is not enough: its filters belong to the process, and two
    threads that leave in another order than they came would leave the wrong filters behind.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._inside = 0
        self._before = warnings.catch_warnings()

    def __enter__(self) -> None:
        with self._lock:
            if self._inside == 0:
                self._before = warnings.catch_warnings()
                self._before.__enter__()
                warnings.simplefilter("ignore")
                for name in _LOGGERS:
                    logging.getLogger(name).addFilter(_drop)
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0:
                self._before.__exit__(None, None, None)
                for name in _LOGGERS:
                    logging.getLogger(name).removeFilter(_drop)


WITHOUT_WARNINGS = _Silence()
