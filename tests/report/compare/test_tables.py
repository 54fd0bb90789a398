"""Tables of a comparison: small differences, counts and kinds in words."""

from __future__ import annotations

from hilum.report.compare.tables import (
    kind_in_words,
    millions,
)


def test_counts_and_kinds_in_words() -> None:
    assert [millions(n) for n in (2_592_578, 55_132_898, 12_345, None)] == [
        "2.6 M",
        "55.1 M",
        "12.3 k",
        "–",
    ]
    runs = [{"kind": kind, "members": 5} for kind in ("network", "ensemble", "cross-validation")]
    assert [kind_in_words(run) for run in runs] == ["network", "ensemble of 5", "5-fold"]
