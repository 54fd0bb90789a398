"""The figures of maps as a whole: which slices, which maps, which file."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from phantom_tables import phantom_table
from PIL import Image
from untrained_runs import make_untrained

from hilum.cam_maps import LOGITS, SHARES, read_maps
from hilum.errors import RunError, UsageError
from hilum.learn.maps import choose_layers
from hilum.learn.predict import load_networks
from hilum.run import Run, write_json
from hilum.steps.explain import explain
from hilum.steps.figure import FigureOptions, draw_figure
from hilum.steps.figure import step as figure_step
from hilum.steps.figure.sheet import Cell, FigureStyle, as_sheet
from hilum.steps.figure.slices import Shown, choose_slices
from hilum.table import SliceTable


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> SliceTable:
    """32 phantom slices of 16 patients, split; the phantoms' lesions have boxes."""
    return phantom_table(tmp_path_factory.mktemp("phantoms"), patients=16)


@pytest.fixture(scope="module")
def runs(table: SliceTable, tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    folder = tmp_path_factory.mktemp("runs")
    return [make_untrained(folder / name, table, seed=n) for n, name in enumerate(("one", "two"))]


def changed(table: SliceTable, **columns: list[str]) -> SliceTable:
    return replace(table, rows=table.rows.assign(**columns))


def test_slices_are_chosen_by_their_boxes_each_of_another_group(table: SliceTable) -> None:
    count = len(table)
    sides = [str(4 + (n * 7) % 11) for n in range(count)]
    every = changed(
        table, split=["test"] * count, label=["cancer"] * count,
        boxes=[f"0 0 {side} 10" for side in sides], group=[f"g{n // 4}" for n in range(count)],
    )  # fmt: skip
    found = choose_slices(every, (), label="cancer", count=3)
    area = every.rows.assign(side=[int(side) for side in sides])
    best = area.sort_values(["side", "slice_id"], ascending=[False, True]).drop_duplicates("group")
    assert found.slice_ids == best["slice_id"].tolist()[:3]
    assert found.letters == ["a", "b", "c"]
    assert len(found.grey) == 3
    assert found.boxes[0][0][:2] == (0, 0)


def test_slices_that_are_asked_for_stand_in_that_order_with_their_stage(table: SliceTable) -> None:
    ids = table.rows["slice_id"].tolist()
    stages = changed(table, stage_t=["2a"] * len(ids), stage_n=["N0"] * len(ids))
    found = choose_slices(stages, [ids[5], ids[1], ids[5]], label="cancer", count=3)
    assert found.slice_ids == [ids[5], ids[1]]
    assert found.headings[0] == f"a  {table.rows['label'][5]}\nT2a N0"


def test_a_slice_that_is_not_there_or_no_boxed_one_is_refused(table: SliceTable) -> None:
    first = table.rows["slice_id"][0]
    with pytest.raises(UsageError) as caught:
        choose_slices(table, [f"{first}x"], label="cancer", count=1)
    assert str(caught.value).startswith(f"slices.csv has no slice '{first}x'. Did you mean '")
    with pytest.raises(UsageError) as caught:
        choose_slices(changed(table, boxes=["none"] * len(table)), (), label="cancer", count=1)
    assert str(caught.value) == (
        "slices.csv has no test slice of cancer with a box; say which slices to show (--slice ID)."
    )


def test_networks_by_slices_shows_the_maps_of_explain(
    runs: list[Run], table: SliceTable, tmp_path: Path
) -> None:
    ids = table.part("test").rows["slice_id"].tolist()[:2]
    draw_figure("networks", runs, out=tmp_path / "f.png", options=FigureOptions(slices=ids))
    content = pd.read_csv(tmp_path / "f.csv", dtype={"slice_id": str})
    assert content["slice_id"].tolist() == ids * 2
    assert content["slice"].tolist() == ["a", "b"] * 2
    assert content["run"].tolist() == [str(runs[0].folder)] * 2 + [str(runs[1].folder)] * 2
    for run, rows in content.groupby("run"):
        explain(str(run))
        raw = dict(read_maps(Path(str(run)) / "maps", slice_ids=ids, raw=True))
        expected = [float(raw[name].max()) for name in ids]
        np.testing.assert_allclose(rows["largest"], expected, rtol=1e-4)
    with Image.open(tmp_path / "f.png") as image:
        assert image.size[0] > 900


def test_layers_are_spread_over_the_depth_or_those_that_are_asked_for(
    runs: list[Run], tmp_path: Path
) -> None:
    draw_figure("layers", runs, out=tmp_path / "f.svg")
    content = pd.read_csv(tmp_path / "f.csv")
    paths = choose_layers(load_networks(runs[0])[0].network, "all", size=64).paths
    expected = [paths[len(paths) * quarter // 4] for quarter in range(4)]
    assert content["layers"].tolist()[:5] == [*expected, "last feature map"]
    assert expected[0] == "conv1.0"
    assert len(content) == 10
    assert content["slice_id"].nunique() == 1
    options = FigureOptions(layers=("layer1", "layer3"), shared_scale=True)
    draw_figure("layers", runs[:1], out=tmp_path / "f.svg", options=options, force=True)
    assert pd.read_csv(tmp_path / "f.csv")["layers"].tolist() == ["layer1", "layer3"]


def test_depths_say_where_nothing_is_frozen(runs: list[Run], tmp_path: Path) -> None:
    draw_figure("depths", runs[:1], out=tmp_path / "f.pdf")
    content = pd.read_csv(tmp_path / "f.csv")
    assert content["state"].tolist() == ["nothing is frozen", "ok", "ok"]
    assert content["largest"].between(0, 1).all()
    assert content["largest"][1] == pytest.approx(content["largest"][2])  # all is trained


def cell(column: str, value: float, state: str = "ok", side: int = 2) -> Cell:
    cam_map = np.zeros((side, side), np.float32)
    cam_map[0, 0] = value
    return Cell("net", column, "s", "run", ("conv",), 0.75, cam_map, state)


def shown() -> Shown:
    table = SliceTable(pd.DataFrame({"slice_id": ["s"]}), Path())
    return Shown(table, table, [np.zeros((8, 8), np.uint8)], [[]], ["a"], ["a  cancer"])


def style(*, shared: bool, unit: str = LOGITS, kind: str = "layers") -> FigureStyle:
    return FigureStyle(kind, shared, unit, "Grad-CAM for cancer", "cancer")


def test_on_its_own_scale_each_map_reaches_red_and_its_value_is_written() -> None:
    sheet = as_sheet([cell("x", 4.0), cell("y", 0.5)], shown(), style=style(shared=False))
    _, first, second = sheet.panels[0]
    assert first and second and first.share is not None and second.share is not None
    assert (first.share.max(), second.share.max()) == (1, 1)
    assert first.lines == ["conv", "max 4"]
    assert sheet.bar == ("0", "the largest value of each map")
    assert sheet.rows == ["net\np 0.75"]
    assert sheet.columns == ["a  cancer", "x", "y"]


def test_on_one_scale_a_coarse_map_counts_for_the_pixels_it_stands_for() -> None:
    """4 logits in each of 2 x 2 pixels are as much as 1 in each of 4 x 4."""
    cells = [cell("x", 4.0, side=2), cell("y", 1.0, side=4), cell("z", 2.0, side=2)]
    sheet = as_sheet(cells, shown(), style=style(shared=True))
    shares = [one.share.max() for one in sheet.panels[0][1:] if one and one.share is not None]
    assert shares == [1, 1, 0.5]
    assert sheet.bar[1] == "16 logits, were the whole slice so"
    other = as_sheet(cells, shown(), style=style(shared=True, unit=SHARES))
    assert other.bar[1] == f"4 {SHARES}"


def test_what_can_not_be_painted_is_named() -> None:
    cells = [cell("x", 0.0, "zero map"), cell("y", np.nan, "not finite"), cell("z", 1.0)]
    sheet = as_sheet(cells, shown(), style=style(shared=False, kind="depths"))
    zero, broken, fine = sheet.panels[0][1:]
    assert zero and broken and fine
    assert (zero.share, zero.lines) == (None, ["zero map"])
    assert (broken.share, broken.lines) == (None, ["not finite"])
    assert fine.share is not None
    assert "Research use only. Not a medical device." in sheet.notes


@pytest.mark.parametrize(
    ("kind", "name", "options", "sentence"),
    [
        ("network", "f.png", {}, "a figure is one of networks, layers, depths; got 'network'."),
        ("networks", "f.jpg", {}, "a figure ends in one of .pdf, .png, .svg; got 'f.jpg'."),
        ("networks", "f.png", {"target": "scar"}, "tells cancer, pneumonia apart; got 'scar'."),
        ("networks", "f.png", {"method": "cam"}, "a method is one of gradcam"),
    ],
)
def test_what_is_not_there_is_refused(
    runs: list[Run], tmp_path: Path, kind: str, name: str, options: dict[str, str], sentence: str
) -> None:
    with pytest.raises(UsageError) as caught:
        draw_figure(kind, runs, out=tmp_path / name, options=FigureOptions(**options))  # type: ignore[arg-type]
    assert sentence in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_layer_that_is_not_there_or_a_figure_in_the_way_is_refused(
    runs: list[Run], tmp_path: Path
) -> None:
    with pytest.raises(RunError, match="the backbone has no layer 'x'"):
        draw_figure("networks", runs, out=tmp_path / "f.png", options=FigureOptions(layer="x"))
    (tmp_path / "f.csv").write_text("mine")
    with pytest.raises(UsageError, match=r"f.csv exists already"):
        draw_figure("networks", runs, out=tmp_path / "f.png")
    with pytest.raises(UsageError, match="a figure shows at least one run"):
        draw_figure("networks", [], out=tmp_path / "g.png")


def test_a_run_from_random_weights_is_marked(runs: list[Run], tmp_path: Path) -> None:
    plain = Run(shutil.copytree(runs[0].folder, tmp_path / "plain"))
    title = plain.description.title
    for pretrained, heading in ((False, f"{title}, random weights"), (True, title)):
        environment = plain.environment() if plain.environment_file.is_file() else {}
        environment["weights"] = {"pretrained": pretrained}
        write_json(environment, plain.environment_file)
        assert [one.heading for one in figure_step._open([plain])] == [heading]
