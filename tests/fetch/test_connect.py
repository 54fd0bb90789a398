"""Proxies and encryption, as far as loopback shows them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from hilum.fetch import connect
from hilum.fetch.client import Client


def test_the_system_s_proxy_is_used_and_its_exceptions_are_kept(site, patience, monkeypatch):
    site.serve("/file", b"by proxy")
    monkeypatch.setenv("http_proxy", site.url)
    monkeypatch.setenv("no_proxy", "inside.example")
    assert connect._proxy("http://outside.example/file") == site.url
    assert connect._proxy("https://outside.example/file") == ""
    assert connect._proxy("http://inside.example/file") == ""
    assert Client(patience).read("http://outside.example/file") == b"by proxy"
    monkeypatch.setenv("http_proxy", "proxy.example:3128")
    assert connect._proxy("http://outside.example/") == "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("address", "steps", "leaves"),
    [
        ("https://a/x", ["https://b/y", "/z"], False),
        ("https://a/x", ["http://b/y"], True),
        ("https://a/x", ["http://b/y", "https://c/z"], True),
        ("http://a/x", ["http://b/y"], False),
        ("https://a/x", [], False),
    ],
)
def test_a_way_that_leaves_encryption_is_noticed(address, steps, leaves):
    history = tuple(SimpleNamespace(redirect_location=step) for step in steps)
    answer = SimpleNamespace(retries=SimpleNamespace(history=history))
    assert connect.leads_off_https(answer, address) is leaves
