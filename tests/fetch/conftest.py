"""A web server on loopback, patience that fits tests, and no proxy."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from github_site import REPO_FILES, TREE, raw, tree_of
from web_site import Day, Site, site_on_loopback

from hilum.fetch import FetchOptions, Patience, fetch_collection


@pytest.fixture
def site() -> Iterator[Site]:
    with site_on_loopback() as found:
        yield found


@pytest.fixture
def day() -> type[Day]:
    return Day


@pytest.fixture
def patience() -> Patience:
    """Waits of hundredths of a second, so that tests need not wait."""
    return Patience(
        connect=2.0, silence=0.4, window=0.3, slowest=500.0, tries=4, first_wait=0.01,
        longest_wait=0.05, longest_pause=1.0,
    )  # fmt: skip


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests speak to loopback, whatever proxies their machine has."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def repository(site):
    """The repository of ct-pneumonia, much smaller."""
    site.serve(TREE, tree_of({**REPO_FILES, ".DS_Store": b"apple"}))
    for path, content in REPO_FILES.items():
        site.serve(raw(path), content)
    return site


@pytest.fixture
def fetch(site, patience, tmp_path):
    """Fetch from the site into one folder."""

    def do(name="ct-pneumonia", out=tmp_path / "data", **more):
        options = FetchOptions(server=site.url, patience=patience, side_by_side=4, **more)
        return fetch_collection(name, out=out, accept_terms=True, options=options)

    return do
