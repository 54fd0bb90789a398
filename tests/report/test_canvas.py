"""Figures as SVG: equal input, equal text; in a page with its own ids and the page's colours."""

from __future__ import annotations

import matplotlib as mpl
import pytest
from matplotlib.figure import Figure

from hilum.report.canvas import INK, NETWORK, SERIES, draw, inline, plain


def paint(figure: Figure) -> None:
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color=NETWORK, label="cost $5 to $9")
    axes.plot([0, 1], [1, 0], color=SERIES[2])
    axes.set_xlabel("share", color=INK)
    axes.legend()
    plain(axes)


def test_the_same_figure_is_the_same_text_and_settings_stay() -> None:
    before = dict(mpl.rcParams)
    first, second = draw((3, 2), paint), draw((3, 2), paint)
    assert first == second
    assert "<dc:date>" not in first
    assert dict(mpl.rcParams) == before


def test_text_stays_text_in_the_readers_own_font_and_dollars_are_no_mathematics() -> None:
    svg = draw((3, 2), paint)
    assert "cost $5 to $9" in svg
    assert "system-ui" in svg and "DejaVu Sans'" not in svg


def test_a_letter_that_the_font_lacks_is_no_warning() -> None:
    assert "肺" in draw((3, 2), lambda figure: figure.text(0.5, 0.5, "肺") and None)


def test_in_a_page_ids_are_its_own_and_colours_the_pages() -> None:
    page = inline(draw((3, 2), paint), "roc", 'a "steep" curve')
    assert page.startswith('<svg viewBox="0 0 216 144" role="img" aria-label="a &#34;steep&#34; ')
    assert 'id="roc-figure_1"' in page
    assert "<?xml" not in page and "<!DOCTYPE" not in page and "<metadata>" not in page
    assert NETWORK not in page and "var(--network)" in page
    assert SERIES[2] not in page and "var(--series-3)" in page
    references = [text.split(")")[0] for text in page.split("url(#")[1:]]
    assert references and all(f'id="{reference}"' in page for reference in references)


@pytest.mark.parametrize("description", [r"a \1 backslash", "<b>bold</b>"])
def test_any_description_is_taken_as_text(description: str) -> None:
    page = inline(draw((3, 2), paint), "roc", description)
    assert "<b>" not in page
    assert (r"a \1 backslash" in page) or ("&lt;b&gt;bold" in page)
