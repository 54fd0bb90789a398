"""A maps folder of any slices by any networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from hilum.cam_maps import read_index, read_maps, read_maps_facts
from hilum.errors import UsageError
from hilum.learn.predict import load_networks, untrained_networks
from hilum.run import Run
from hilum.steps.explain import write_maps as step
from hilum.steps.explain.write_maps import MapsWanted, write_maps
from hilum.table import SliceTable

NAMES = ("cancer", "pneumonia")


def test_maps_do_not_depend_on_how_many_go_into_a_file(
    run: Run, table: SliceTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, members = MapsWanted(NAMES, "cancer"), load_networks(run)
    indexes = []
    for name, count in (("one", 256), ("several", 10)):
        monkeypatch.setattr(step, "A_FILE", count)
        (tmp_path / name).mkdir()
        indexes.append(write_maps(members, table, tmp_path / name, wanted=wanted))
    one, several = (list(read_maps(tmp_path / name)) for name in ("one", "several"))
    assert len(list((tmp_path / "several").glob("maps-*.npz"))) == 3
    assert [name for name, _ in several] == table.rows["slice_id"].tolist()
    for (_, first), (_, second) in zip(one, several, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-4, atol=1e-6)
    columns = ["slice_id", "rows", "columns", "target", "state"]
    pd.testing.assert_frame_equal(indexes[0][columns], indexes[1][columns])
    assert set(indexes[0]["rows"]) == {80}


def test_the_index_that_is_returned_is_the_one_that_is_written(
    run: Run, table: SliceTable, tmp_path: Path
) -> None:
    wanted = MapsWanted(NAMES, "predicted", method="hirescam", layer="all", full_size=True)
    made = write_maps(
        load_networks(run), table.part("test"), tmp_path, wanted=wanted, full_table=table
    )
    index = read_index(tmp_path)
    pd.testing.assert_frame_equal(index, made, check_dtype=False, rtol=1e-6)
    assert index["target"].tolist() == index["predicted"].tolist()
    facts = read_maps_facts(tmp_path)
    assert (facts.method, facts.title, facts.group) == ("hirescam", "HiResCAM", "all")
    assert (facts.split, facts.weights, facts.full_size) == ("test", "run", True)
    assert facts.unit == "share of each layer's largest value, averaged"
    assert facts.layers[0] == "conv1.0"
    assert len(facts.layers) > 5
    with np.load(tmp_path / "full-0000.npz", allow_pickle=False) as retained:
        assert retained["slice_id"].tolist() == index["slice_id"].tolist()
        assert {retained[f"cam_map_{n}"].shape for n in range(len(index))} == {(80, 80)}
        for n, (_, cam_map) in enumerate(read_maps(tmp_path)):
            np.testing.assert_allclose(retained[f"cam_map_{n}"], cam_map, atol=1e-3)


def test_the_probabilities_are_those_of_prediction(
    run: Run, table: SliceTable, tmp_path: Path
) -> None:
    from hilum.steps.predict import Predicted, predict

    index = write_maps(load_networks(run), table, tmp_path, wanted=MapsWanted(NAMES, "cancer"))
    content = [one for one in predict(run, table.paths()) if isinstance(one, Predicted)]
    output = [one.probabilities["cancer"] for one in content]
    np.testing.assert_allclose(index["probability"], output, atol=1e-4)
    np.testing.assert_allclose(index["probability"], index["probability_cancer"])


def test_untrained_networks_are_of_the_run_but_for_their_weights(
    run: Run, table: SliceTable, tmp_path: Path
) -> None:
    state = torch.get_rng_state()
    first, again = untrained_networks(run, seed=4), untrained_networks(run, seed=4)
    other = untrained_networks(run, seed=5)[0]
    assert torch.equal(torch.get_rng_state(), state)
    trained = load_networks(run)[0]
    assert (first[0].size, first[0].cam_layer) == (trained.size, trained.cam_layer)
    assert first[0].network.scaling == trained.network.scaling
    weights = [one.network.state_dict() for one in (first[0], again[0], other, trained)]
    assert all(torch.equal(weights[0][key], weights[1][key]) for key in weights[0])
    for unlike in weights[2:]:
        assert unlike.keys() == weights[0].keys()
        assert any(not torch.equal(unlike[key], weights[0][key]) for key in unlike)
    wanted = MapsWanted(NAMES, "cancer", weights="random weights, seed 4")
    index = write_maps(first, table.part("test"), tmp_path, wanted=wanted)
    assert read_maps_facts(tmp_path).weights == "random weights, seed 4"
    assert np.isfinite(index["largest"]).all()
    assert index["probability"].between(0, 1).all()


def test_a_target_that_is_no_class_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        MapsWanted(NAMES, "scar")
    assert str(caught.value) == "target must be one of predicted, cancer, pneumonia; got 'scar'."
