"""Builds the documentation site of this version from the Markdown of the repository.

The pages are gathered as they lie in the repository, so that every link between them holds in
both; the page on the Python API is made of the docstrings, and each notebook is a page, too. Each
version is a folder of its own in `site/`; the list of versions and the way to the newest are
written again each time.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from notebook_page import write_notebook_page

import hilum

__all__ = ["api_page", "build", "gather", "write_versions"]

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / "build" / "docs"
SITE = ROOT / "site"

PAGES = (
    "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "LICENSE", "CITATION.cff", "docs/**/*",
    "benchmarks/**/*.md",
)  # fmt: skip
"""What of the repository is on the site, with the files that its pages link."""

ELSEWHERE = "https://unpkg.com/"
LOADED = re.compile(r"""(?:src=|<link[^>]* href=|url\()["']?(?:https?:)?//[^"'> )]+""")
"""What a browser fetches by itself from another address, in HTML."""

API_OPENING = """\
# Python API

Every public name of `hilum`, from its docstring, with the types of its arguments and of what comes
back. A list in one line each: [Python](python.md).
"""

REDIRECT = """\
<!doctype html>
<meta charset="utf-8">
<title>hilum</title>
<meta http-equiv="refresh" content="0; url={version}/index.html">
<a href="{version}/index.html">hilum {version}</a>
"""


def gather(pages: Path) -> None:
    """Copy what the site is made of to the folder `pages`, which is emptied first."""
    shutil.rmtree(pages, ignore_errors=True)
    for pattern in PAGES:
        for file in sorted(ROOT.glob(pattern)):
            if file.is_file():
                copy = pages / file.relative_to(ROOT)
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, copy)
    (pages / "docs" / "reference" / "api.md").write_text(api_page(), encoding="utf-8")
    for page in pages.rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace(".ipynb)", ".md)"), encoding="utf-8")
    for notebook in pages.rglob("*.ipynb"):
        write_notebook_page(notebook)


def api_page() -> str:
    """Return the page that mkdocstrings fills: one heading for each public name."""
    homes = [f"::: {hilum._PUBLIC[name]}.{name}" for name in hilum.__all__]
    return "\n\n".join([API_OPENING.rstrip(), *homes]) + "\n"


def build(version: str) -> Path:
    """Build the site of one version; return its folder.

    Raises:
        SystemExit: a link leads nowhere, or another warning; Zensical says which.
    """
    gather(WORK / "pages")
    config = WORK / "mkdocs.yml"
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    named = text.replace("site_name: hilum\n", f'site_name: "hilum {version}"\n')
    config.write_text(named + "\nsite_dir: built\n", encoding="utf-8")
    program = Path(sys.executable).with_name("zensical")
    done = subprocess.run(
        [program, "build", "--strict", "--clean", "--config-file", config],
        cwd=WORK, env={**os.environ, "NO_COLOR": "1"}, stderr=subprocess.STDOUT,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    sys.stdout.write(done.stdout)
    if done.returncode or "griffe:" in done.stdout:  # docstrings are read outside of --strict
        raise SystemExit("the site has warnings; nothing was changed in site/")
    keep_at_home(WORK / "built")
    target = SITE / version
    shutil.rmtree(target, ignore_errors=True)
    target.parent.mkdir(exist_ok=True)
    shutil.move(WORK / "built", target)
    return target


def keep_at_home(site: Path) -> None:
    """Take out of a built site what a browser would fetch from elsewhere.

    Zensical has search from a disk load a script from a public server; it lies here instead. The
    same server is named for diagrams and galleries, which these pages don't have: the name goes.

    Raises:
        ValueError: a page still loads something by an absolute address.
    """
    for file in [*site.rglob("*.html"), *site.rglob("*.js")]:
        text = file.read_text(encoding="utf-8")
        up = "../" * (len(file.relative_to(site).parts) - 1)
        text = text.replace(f"{ELSEWHERE}iframe-worker/shim", f"{up}docs/site/iframe-worker.js")
        file.write_text(text.replace(ELSEWHERE, "about:blank?"), encoding="utf-8")
    loads = {
        f"{page.relative_to(site)}: {found}"
        for page in site.rglob("*.html")
        for found in LOADED.findall(page.read_text(encoding="utf-8"))
    }
    if loads:
        raise ValueError(f"these pages load something from elsewhere: {sorted(loads)}")


def write_versions(site: Path, newest: str) -> None:
    """Write the list of versions that the header offers, and the page that leads to the newest."""
    names = sorted((path.parent.name for path in site.glob("*/index.html")), key=_order)
    versions = [
        {"version": name, "title": name, "aliases": ["latest"] if name == newest else []}
        for name in reversed(names)
    ]
    (site / "versions.json").write_text(json.dumps(versions, indent=1) + "\n", encoding="utf-8")
    (site / "index.html").write_text(REDIRECT.format(version=newest), encoding="utf-8")


def _order(version: str) -> list[tuple[int, str]]:
    """Return a key that sorts 0.10.0 after 0.9.0."""
    return [(int(piece), "") if piece.isdigit() else (-1, piece) for piece in version.split(".")]


if __name__ == "__main__":
    version = hilum.__version__
    sys.stdout.write(f"{build(version) / 'index.html'}\n")
    write_versions(SITE, version)
