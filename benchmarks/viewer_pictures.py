"""Screenshots of the viewer for the documentation: three widths, light and dark.

    python benchmarks/viewer_pictures.py RUN [RUN] --slices SERIES [--boxes TABLE] --out FOLDER

RUN is a run folder; SERIES a folder of one series as DICOM. Each picture has at most 300 KB.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from browser import Page, browser
from serving import serving

MOST_BYTES = 300_000
TRIES = 5
BOXED = "/ in the table/.test(document.querySelector('#place-text').innerText)"
SHOTS = {
    "viewer": (1440, 900, "light"), "viewer-dark": (1440, 900, "dark"),
    "viewer-tablet": (820, 1180, "light"), "viewer-phone": (390, 844, "dark"),
}  # fmt: skip
"""Name -> width, height, colours."""


def show(page: Page, url: str, files: list[Path], *, two: bool, with_boxes: bool) -> None:
    """Open the series and lay its map over the slice with the highest probability."""
    page.open(url)
    page.choose("#files", files)
    page.wait("/slices answered/.test(document.querySelector('#status').innerText)", seconds=300)
    if two:
        page.run(
            "(() => { const s = document.querySelector('#run-1'); s.value = '1';"
            " s.dispatchEvent(new Event('change')); })()"
        )
        page.wait("document.querySelectorAll('.pane').length === 2", seconds=60)
        page.wait("/slices answered/.test(document.querySelector('#status').innerText)",
                  seconds=300)  # fmt: skip
    page.run("document.querySelector('#stage').focus({preventScroll: true})")
    if with_boxes:
        page.press("Home")
        while not page.run(BOXED):
            page.press("ArrowDown")
        page.wait("/window/.test(document.querySelector('.on-picture').innerText)")
    shown = "[...document.querySelectorAll('.map-text')].every((t) => /red is/.test(t.innerText))"
    for _ in range(TRIES):  # a first map loads torch, which may take longer than a request may
        page.press("m")
        page.wait("!/being made/.test(document.querySelector('#panes').innerText)", seconds=300)
        if page.run(shown):
            break
        page.press("m")
    assert page.run(shown), page.text("#panes")
    page.run("document.activeElement.blur()")


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="+")
    parser.add_argument("--slices", type=Path, required=True)
    parser.add_argument("--boxes", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    files = sorted(path for path in options.slices.rglob("*.dcm"))
    files += [options.boxes] if options.boxes else []
    options.out.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        browser() as page,
    ):
        uploads = Path(folder) / "uploads"
        uploads.mkdir()
        with serving(*options.runs, uploads=uploads) as served:
            show(
                page,
                served.url,
                files,
                two=len(options.runs) > 1,
                with_boxes=options.boxes is not None,
            )
            for name, (width, height, scheme) in SHOTS.items():
                page.prefer(scheme)
                page.resize(width, height)
                path = options.out / f"{name}.png"
                page.picture(path)
                few = Image.open(path).convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE)
                few.save(path, optimize=True)  # so many colours that thin green boxes stay green
                print(path, f"{path.stat().st_size / 1000:.0f} KB")
                assert path.stat().st_size <= MOST_BYTES, path
            page.call("Page.navigate", url="about:blank")


if __name__ == "__main__":
    main()
