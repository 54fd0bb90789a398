"""Pages: what all of them share."""

from __future__ import annotations

from hilum.report.page import coded


def test_what_stands_between_backticks_is_code_and_all_is_escaped() -> None:
    assert coded("run `hilum evaluate <run>` & <read>") == (
        "run <code>hilum evaluate &lt;run&gt;</code> &amp; &lt;read&gt;"
    )
    assert coded("an odd ` stays") == "an odd ` stays"
