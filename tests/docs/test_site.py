"""The site: its pages are the repository's, all are listed, and none loads from elsewhere."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

import pytest

import hilum

ROOT = Path(__file__).resolve().parents[2]
NOT_IN_MENU = {"docs/pictures/README.md"}


@pytest.fixture(scope="module")
def site() -> ModuleType:
    """The script that builds the site."""
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.syspath_prepend(Path(__file__).parent)  # a script sees its neighbours
    file = Path(__file__).with_name("build_site.py")
    spec = importlib.util.spec_from_file_location("build_site", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.undo()
    return module


def _menu() -> set[str]:
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8").partition("\nnav:\n")[2]
    return set(re.findall(r": (\S+\.md)$", text, re.MULTILINE))


def test_every_page_is_in_the_menu() -> None:
    pages = {file.relative_to(ROOT).as_posix() for file in (ROOT / "docs").rglob("*.md")}
    assert pages - NOT_IN_MENU <= _menu()


def test_the_menu_names_pages_that_exist(site: ModuleType, tmp_path: Path) -> None:
    site.gather(tmp_path)
    assert [name for name in _menu() if not (tmp_path / name).is_file()] == []
    assert (tmp_path / "docs" / "pictures" / "report.png").is_file()


def test_a_notebook_is_a_page_with_its_code_tables_and_pictures(
    site: ModuleType, tmp_path: Path
) -> None:
    site.gather(tmp_path)
    folder = tmp_path / "docs" / "notebooks"
    text = (folder / "phantoms.md").read_text("utf-8")
    assert text.startswith("# From slices to a report, on phantoms\n\nThis page is the notebook")
    assert "```python\nimport hilum\n" in text and "<table" in text and "```text\n" in text
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", text)
    assert {Path(name).suffix for name in pictures} == {".png", ".svg"}
    assert [name for name in pictures if not (folder / name).is_file()] == []
    assert "(docs/notebooks/phantoms.md)" in (tmp_path / "README.md").read_text("utf-8")


def test_the_page_of_the_api_has_every_public_name_where_it_lives(site: ModuleType) -> None:
    found = re.findall(r"^::: (hilum\.[\w.]+)\.(\w+)$", site.api_page(), re.MULTILINE)
    assert {name: home for home, name in found} == hilum._PUBLIC


def test_what_a_page_would_load_from_elsewhere_lies_in_the_site(
    site: ModuleType, tmp_path: Path
) -> None:
    page = tmp_path / "docs" / "page.html"
    page.parent.mkdir()
    page.write_text('<script src="https://unpkg.com/iframe-worker/shim"></script>', "utf-8")
    site.keep_at_home(tmp_path)
    assert page.read_text("utf-8") == '<script src="../docs/site/iframe-worker.js"></script>'


@pytest.mark.parametrize(
    "text",
    [
        '<img src="https://example.org/a.png">',
        '<link rel="stylesheet" href="//fonts.example.org/css">',
        "<style>@import url(https://example.org/a.css)</style>",
    ],
)
def test_a_page_that_loads_from_elsewhere_is_refused(
    text: str, site: ModuleType, tmp_path: Path
) -> None:
    (tmp_path / "page.html").write_text(text, "utf-8")
    with pytest.raises(ValueError, match=r"page\.html"):
        site.keep_at_home(tmp_path)


def test_a_link_that_a_reader_clicks_is_left_alone(site: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text('<a href="https://arxiv.org/abs/1">paper</a>', "utf-8")
    site.keep_at_home(tmp_path)
    assert "arxiv.org" in (tmp_path / "page.html").read_text("utf-8")


def test_versions_are_listed_newest_first_and_the_root_leads_to_the_newest(
    site: ModuleType, tmp_path: Path
) -> None:
    for name in ("0.9.0", "0.10.0", "0.2.0"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "index.html").touch()
    site.write_versions(tmp_path, "0.10.0")
    listed = json.loads((tmp_path / "versions.json").read_text("utf-8"))
    assert [version["version"] for version in listed] == ["0.10.0", "0.9.0", "0.2.0"]
    assert [version["aliases"] for version in listed] == [["latest"], [], []]
    assert 'href="0.10.0/index.html"' in (tmp_path / "index.html").read_text("utf-8")
