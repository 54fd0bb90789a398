"""Cells of a figure: layers spread over the depth, groups of layers, and what a network lacks."""

from __future__ import annotations

import pytest
from untrained_runs import make_untrained

from hilum.errors import RunError, UsageError
from hilum.learn.maps import choose_layers
from hilum.learn.predict import load_networks
from hilum.run import Run
from hilum.steps.figure.cells import FigureRun, MapSettings, _columns, make_cells
from hilum.steps.figure.slices import Shown, choose_slices
from hilum.table import SliceTable

LAST = MapSettings("gradcam", "last", ())


@pytest.fixture(scope="module")
def run(table: SliceTable, tmp_path_factory: pytest.TempPathFactory) -> Run:
    return make_untrained(tmp_path_factory.mktemp("cells") / "run", table, seed=1)


@pytest.fixture(scope="module")
def shown(table: SliceTable) -> Shown:
    ids = table.part("test").rows["slice_id"].tolist()
    return choose_slices(table, ids[:2], label="cancer", count=2)


def test_layers_are_spread_over_the_depth_of_a_network(run: Run) -> None:
    members = load_networks(run)
    columns = _columns("layers", members, LAST)
    paths = choose_layers(members[0].network, "all", size=64).paths
    assert list(columns) == [
        "first convolution", "1/4 deep", "1/2 deep", "3/4 deep", "last convolution",
    ]  # fmt: skip
    positions = [paths.index(layer) for layer in list(columns.values())[:-1]]
    assert positions == [int(share * len(paths)) for share in (0, 0.25, 0.5, 0.75)]
    assert columns["last convolution"] == "last"


def test_requested_layers_and_groups_are_their_own_headings(run: Run) -> None:
    members = load_networks(run)
    settings = MapSettings("gradcam", "last", ("layer1", "layer2"))
    assert _columns("layers", members, settings) == {"layer1": "layer1", "layer2": "layer2"}
    assert list(_columns("depths", members, LAST)) == ["frozen", "trainable", "all"]
    assert _columns("networks", members, LAST) == {"": "last"}


def test_an_ensembles_members_are_asked_one_by_one(run: Run) -> None:
    members = load_networks(run) * 2
    with pytest.raises(
        UsageError, match="an ensemble's members have layers of their own; take one"
    ):
        _columns("layers", members, LAST)


def test_each_slice_has_its_map_probability_and_layer(run: Run, shown: Shown) -> None:
    one = FigureRun(run, "Net", run.network()["class_names"])
    cells = make_cells("networks", one, shown, target="cancer", settings=LAST)
    assert [cell.slice_id for cell in cells] == shown.slice_ids
    assert [cell.column for cell in cells] == shown.headings
    assert {cell.row for cell in cells} == {"Net"}
    assert all(0 <= cell.probability <= 1 and cell.cam_map.ndim == 2 for cell in cells)
    other = make_cells("networks", one, shown, target="pneumonia", settings=LAST)
    for mine, theirs in zip(cells, other, strict=True):
        assert mine.probability + theirs.probability == pytest.approx(1)


def test_a_network_without_frozen_layers_says_so_only_in_depths(run: Run, shown: Shown) -> None:
    one = FigureRun(run, "Net", run.network()["class_names"])
    cells = make_cells("depths", one, shown, target="cancer", settings=LAST)
    frozen = [cell for cell in cells if cell.column == "frozen"]
    assert {cell.state for cell in frozen} == {"nothing is frozen"}
    assert all(cell.layers == () for cell in frozen)
    with pytest.raises(RunError, match="no frozen convolution"):
        make_cells(
            "networks", one, shown, target="cancer", settings=MapSettings("gradcam", "frozen", ())
        )
