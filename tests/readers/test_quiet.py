"""Silence while a file is read, and only then."""

from __future__ import annotations

import logging
import threading
import warnings

import pytest

from hilum.readers.quiet import WITHOUT_WARNINGS


def test_warnings_are_silent_inside_and_as_before_outside() -> None:
    before = list(warnings.filters)
    with WITHOUT_WARNINGS:
        warnings.warn("unheard", UserWarning, stacklevel=1)
    assert list(warnings.filters) == before
    with pytest.raises(UserWarning, match="heard"):
        warnings.warn("heard", UserWarning, stacklevel=1)


def test_logs_of_pydicom_are_silent_inside_and_heard_outside(
    caplog: pytest.LogCaptureFixture,
) -> None:
    logger = logging.getLogger("pydicom")
    with WITHOUT_WARNINGS:
        logger.warning("unheard")
    logger.warning("heard")
    assert caplog.messages == ["heard"]


def test_threads_that_leave_in_any_order_restore_the_filters() -> None:
    before = list(warnings.filters)
    first_in, second_in, first_out = threading.Event(), threading.Event(), threading.Event()

    def first() -> None:
        with WITHOUT_WARNINGS:
            first_in.set()
            second_in.wait(5)
        first_out.set()

    def second() -> None:
        first_in.wait(5)
        with WITHOUT_WARNINGS:
            second_in.set()
            first_out.wait(5)

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert list(warnings.filters) == before
