"""The audit in a run folder, and the strongest probe."""

from __future__ import annotations

from trust_content import metric

from hilum.run.audit import strongest_probe


def test_the_strongest_probe_is_the_audits_where_there_is_one() -> None:
    border = {"auc": metric(0.6, 0.5, 0.7), "network_minus_border": metric(0.3, 0.2, 0.4)}
    content = {"border_probe": {"test": border}}
    assert strongest_probe(content, None) == {
        "probe": "border", "auc": border["auc"], "gain": border["network_minus_border"],
    }  # fmt: skip
    auc = {"file": metric(0.9, 0.8, 1.0), "border": metric(0.6, 0.5, 0.7)}
    check = {"strongest": "file", "auc": auc, "gain": metric(0.0, -0.1, 0.1)}
    found = strongest_probe(content, {"checks": {"run": check}})
    assert found == {"probe": "file", "auc": auc["file"], "gain": check["gain"]}
    assert strongest_probe({}, None) is None
