"""report.html: what it says, in which order, and what it never holds."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from made_runs import made_run, made_table

from hilum.errors import RunError
from hilum.report import render, write_report
from hilum.table import SliceTable

MakeRun = Callable[..., Path]
ChangeJson = Callable[[Path, Callable[[Any], object]], None]

OVERLAP = "this AUC is no evidence that the network sees disease."
DAGGER_NOTE = "the exact binomial one over groups"


class Page(HTMLParser):
    """Collects ids, tags and addresses, and checks that what is opened is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.tags: set[str] = set()
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for key, value in attrs:
            assert not key.startswith("on"), f"{tag} has a handler {key}"
            if key == "id":
                self.ids.append(value or "")
            if key in ("src", "href", "xlink:href", "action", "data", "poster", "srcset"):
                self.addresses.append(value or "")


def words(page: str) -> str:
    """Return the text of a page without tags, styles and figures, spaces made single."""
    page = re.sub(r"<style>.*?</style>|<svg.*?</svg>", " ", page, flags=re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_verdict_stands_above_the_figures(usual_page: str) -> None:
    text = words(usual_page)
    order = [
        "Research use only. Not a medical device.",
        "Confounded by design",
        "the question &#39;disease or source?&#39; can&#39;t be answered by these data.",
        "0.991 (0.981–0.999)",
        "0.993 (0.982–0.999)",
        OVERLAP,
        "Data",
        "Metrics on the test set",
        "ROC and confusion",
        "Training",
        "Grad-CAM maps of test slices",
        "Recipe",
        "How it was made",
        "Words",
        "To cite:",
    ]
    places = [text.index(part) for part in order]
    assert places == sorted(places)


def test_the_border_stands_wherever_the_network_does(usual_page: str) -> None:
    text = words(usual_page)
    assert text.count("AUC of the border alone 0.993 (0.982–0.999)") == 2  # validation and test
    assert "AUC 0.991 (0.981–0.999) 0.991 (0.981–0.999) AUC of the border alone" in text


def test_a_clear_gap_on_a_crossed_design_is_said_quietly(make_run: MakeRun) -> None:
    page = render(
        make_run(
            level="crossed",
            network_auc={"value": 0.912, "low": 0.841, "high": 0.952, "method": "bootstrap"},
            probe_auc={"value": 0.531, "low": 0.441, "high": 0.622, "method": "bootstrap"},
        )
    )
    assert "0.91 (0.84–0.95)" in words(page)
    assert "The network does better than the border." in words(page)
    assert OVERLAP not in words(page)
    assert 'class="box quiet"' in page
    assert 'class="box strong"' not in page


def test_a_leak_is_a_strong_warning_above_the_figures(make_run: MakeRun) -> None:
    page = render(make_run(level="crossed", leak_groups=37))
    assert page.count('class="box strong"') == 1
    text = words(page)
    assert text.index("37 groups are in train and test") < text.index("0.991")
    assert "No group is in more than one split." not in text


def test_random_weights_are_said(make_run: MakeRun, usual_page: str) -> None:
    assert "started from random weights" in words(render(make_run(pretrained=False)))
    assert "random" not in words(usual_page).lower()


@pytest.mark.parametrize(("method", "marks"), [("exact", True), ("bootstrap", False)])
def test_the_dagger_is_explained_only_where_it_stands(
    make_run: MakeRun, method: str, *, marks: bool
) -> None:
    page = render(make_run(network_auc={"value": 1.0, "low": 0.951, "high": 1.0, "method": method}))
    assert ("†" in page) is marks
    assert (DAGGER_NOTE in page) is marks
    assert "1.000" in page


def test_undefined_figures_are_words_not_numbers(make_run: MakeRun) -> None:
    undefined = {
        "value": None,
        "low": None,
        "high": None,
        "method": "bootstrap",
        "note": "the test set holds one class only",
    }
    text = words(render(make_run(network_auc=undefined, probe_auc=undefined)))
    assert "not defined the test set holds one class only" in text
    assert "None" not in text
    assert "can&#39;t be compared" in text


def test_missing_parts_are_sentences(make_run: MakeRun, change_json: ChangeJson) -> None:
    run = make_run(maps=False)
    (run / "history.csv").unlink()

    def forget(metrics: dict[str, Any]) -> None:
        metrics.pop("border_probe")
        metrics["splits"]["test"]["per_slice"]["roc"] = None

    change_json(run / "metrics.json", forget)
    text = words(render(run))
    assert "No maps have been made for this run yet; hilum explain makes them." in text
    assert "This run has no training history." in text
    assert "There is no ROC curve: it needs test slices of cancer and of another class." in text
    assert "This run has no border probe" in text


def test_an_ensemble_shows_its_members_instead_of_recipe_and_training(
    make_run: MakeRun, change_json: ChangeJson
) -> None:
    run = make_run(pretrained=False)
    for name in ("recipe.toml", "history.csv"):
        (run / name).unlink()
    members = [
        {"name": "net-a", "title": "MobileNetV2", "origin": "folder w", "pretrained": True,
         "size": 224, "parameters": {"total": 2555394, "trained": 2131138}},
        {"name": "net-b", "title": "VGG16", "origin": "random initialisation", "pretrained": False,
         "size": 128, "parameters": {"total": 14848066, "trained": 14848066}},
    ]  # fmt: skip
    changes = {"kind": "ensemble", "title": "Ensemble of 2: A, B", "members": members}
    change_json(run / "network.json", lambda content: content.update(changes))
    page = render(run)
    shown = page[page.index('<h2 id="members">') :]
    for text in ("MobileNetV2", "net-a", "ImageNet", "224", "VGG16", "random", "128"):
        assert text in shown
    assert "1 of the 2 members started from random weights, not from ImageNet" in page
    assert "1 of 2 members from ImageNet" in page
    assert "the mean of the members' maps" in page
    assert 'id="training"' not in page
    assert 'id="recipe"' not in page


def test_a_network_has_no_members(usual_page: str) -> None:
    assert 'id="members"' not in usual_page
    assert 'id="recipe"' in usual_page


def test_three_classes_are_all_there(make_run: MakeRun) -> None:
    text = words(render(make_run(names=("cancer", "normal", "pneumonia"))))
    assert "cancer, normal or pneumonia on single chest CT slices" in text
    assert "Source cancer normal pneumonia" in text


def test_the_page_tells_how_the_run_was_made(usual_page: str) -> None:
    text = words(usual_page)
    assert "hilum train slices.csv --recipe mobilenetv2 --out runs/first" in text
    assert "ab12" * 16 in text
    assert "learning rate 0.0001" in text
    assert "percentile bootstrap over groups, 2 000 resamples, seed 0" in text
    assert "Epoch kept 6" in text


def test_names_from_outside_are_only_text(make_run: MakeRun, change_json: ChangeJson) -> None:
    bad = "<script>alert(1)</script>"
    run = make_run(names=(bad, "pneumo$\\x$nia"), ids=(bad, "\"><img src='http://x.test/a.png'>"))
    change_json(run / "environment.json", lambda content: content.update(command=bad))
    (run / "recipe.toml").write_text(f"note = '{bad}'\n", encoding="utf-8")
    page = render(run)
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 5
    assert "<img src='http" not in page


def test_the_page_loads_nothing_and_runs_nothing(usual_page: str) -> None:
    page = Page(usual_page)
    assert not page.tags & {"script", "iframe", "object", "embed", "link", "base", "form"}
    assert all(re.match(r"data:image/png;base64,|#", address) for address in page.addresses)
    assert "http://" not in usual_page
    assert "https://" not in usual_page
    assert "@import" not in usual_page
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in usual_page


def test_ids_are_unique_and_every_reference_is_met(usual_page: str) -> None:
    page = Page(usual_page)
    assert len(page.ids) == len(set(page.ids))
    targets = {address[1:] for address in page.addresses if address.startswith("#")}
    assert targets | set(re.findall(r"url\(#([^)]*)\)", usual_page)) <= set(page.ids)


def test_a_page_without_pictures_is_small(make_run: MakeRun) -> None:
    assert len(render(make_run(maps=False)).encode()) < 400_000


def test_the_same_run_gives_the_same_bytes(make_run: MakeRun) -> None:
    run = make_run()
    first = write_report(run).read_bytes()
    figures = {path.name: path.read_bytes() for path in (run / "figures").iterdir()}
    assert write_report(run).read_bytes() == first
    assert {path.name: path.read_bytes() for path in (run / "figures").iterdir()} == figures
    assert sorted(figures) == [
        "confusion.svg",
        "confusion_groups.svg",
        "curves.svg",
        "intervals.svg",
        "roc.svg",
    ]


def test_a_refused_run_is_left_as_it_was(make_run: MakeRun) -> None:
    run = make_run()
    (run / "metrics.json").unlink()
    with pytest.raises(RunError, match="run: hilum evaluate"):
        write_report(run)
    assert not (run / "report.html").exists()
    assert not (run / "figures").exists()


def test_a_run_whose_table_names_series_shows_metrics_per_series(tmp_path: Path) -> None:
    table = made_table((9, 9), per_group=4)
    series = [f"1.2.{n // 2}" for n in range(len(table))]  # two series a group
    rows = table.rows.assign(series_instance_uid=series)
    page = render(made_run(tmp_path / "run", SliceTable(rows, tmp_path, table.name)).folder)
    assert "Per series" in page
    assert re.search(r'Test series</dt><dd><span class="num">12</span> of 6 groups', page)
    assert "validation series" in page


def test_a_run_without_series_has_no_such_section(tmp_path: Path) -> None:
    page = render(made_run(tmp_path / "run", made_table((9, 9))).folder)
    assert "Per series" not in page


def test_wide_tables_scroll_with_a_cue_and_slices_are_counted_with_their_groups(
    usual_page: str,
) -> None:
    """Settings (`<table>` without a class) fit everywhere; the others scroll, with shadows."""
    scroll = re.findall(r"(<div class=\"scroll[^>]*>\s*)?<table class=", usual_page)
    assert len(scroll) > 3 and all(scroll)
    assert re.search(r"\.scroll \{[^}]*overflow-x: auto", usual_page)
    assert "linear-gradient(to right, var(--edge)" in usual_page
    assert re.search(r">\d+ slices</span> <span[^>]*>\(\d+ groups\)<", usual_page)
