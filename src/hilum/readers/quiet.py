"""Suppressing the warnings of decoding libraries while a file is read.

Unusual values in real files cause dozens of warnings, and pydicom repeats the values, which may
identify a patient; what matters to a user is in the notes of the slice instead.
"""

from __future__ import annotations

import logging
import threading
import warnings

__all__ = ["WITHOUT_WARNINGS"]


_LOGGERS = ("pydicom", "PIL")


def _drop(_: logging.LogRecord) -> bool:
    """Drop every record (a logging filter)."""
    return False


class _Silence:
    """A context that several threads may enter at once; the last to leave restores the filters.

    `warnings.catch_warnings` is not enough: its filters are process-wide, and two threads that
    leave in a different order than they entered would leave the wrong filters behind.
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
