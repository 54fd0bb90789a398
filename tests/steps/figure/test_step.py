"""The figures of maps as a whole: which slices, which maps, which file."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from untrained_runs import make_untrained

from hilum.cam_maps import read_maps
from hilum.errors import RunError, UsageError
from hilum.learn.maps import choose_layers
from hilum.learn.predict import load_networks
from hilum.run import Run, write_json
from hilum.steps.explain import explain
from hilum.steps.figure import FigureOptions, draw_figure
from hilum.steps.figure import step as figure_step
from hilum.table import SliceTable


@pytest.fixture(scope="module")
def runs(table: SliceTable, tmp_path_factory: pytest.TempPathFactory) -> list[Run]:
    folder = tmp_path_factory.mktemp("runs")
    return [make_untrained(folder / name, table, seed=n) for n, name in enumerate(("one", "two"))]


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


@pytest.mark.parametrize(
    ("kind", "name", "options", "sentence"),
    [
        ("network", "f.png", {}, "figure must be one of networks, layers, depths; got 'network'."),
        (
            "networks",
            "f.jpg",
            {},
            "a figure's file must end in one of .pdf, .png, .svg; got 'f.jpg'.",
        ),
        ("networks", "f.png", {"target": "scar"}, "tells cancer, pneumonia apart; got 'scar'."),
        ("networks", "f.png", {"method": "cam"}, "method must be one of gradcam"),
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
