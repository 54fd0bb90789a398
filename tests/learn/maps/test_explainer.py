"""Maps and probabilities of the networks that answer for a run."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from tiny_network import make_tiny, noise

from hilum.engines import mean_probabilities
from hilum.learn.maps import Explainer, Looked, map_layers, mean_of_maps
from hilum.learn.maps.explainer import A_GROUP_PASS
from hilum.learn.networks import Classifier
from hilum.learn.predict import Member

Maps = npt.NDArray[np.float32]


def test_the_mean_of_one_networks_maps_is_those_maps() -> None:
    maps = np.random.default_rng(2).random((3, 4, 5), dtype=np.float32)
    np.testing.assert_array_equal(mean_of_maps([maps]), maps)


def test_maps_of_one_grid_are_averaged_pixel_by_pixel() -> None:
    first, second = np.zeros((1, 2, 2), np.float32), np.full((1, 2, 2), 3, np.float32)
    first[0, 0, 1] = 1
    np.testing.assert_array_equal(mean_of_maps([first, second]), [[[1.5, 2.0], [1.5, 1.5]]])


def test_a_coarse_map_adds_up_to_the_same_on_a_finer_grid() -> None:
    """Two networks that found as much evidence count the same, whatever their layers' grids."""
    coarse = np.full((1, 2, 2), 0.5, dtype=np.float32)
    fine = np.zeros((1, 4, 6), dtype=np.float32)
    found = mean_of_maps([coarse, fine])
    assert found.shape == (1, 4, 6)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, 0.5 * 4 / 24 / 2)
    assert found.sum() == pytest.approx(coarse.sum() / 2)


def test_shares_stay_what_they_are_on_a_finer_grid() -> None:
    coarse = np.full((1, 2, 2), 0.5, dtype=np.float32)
    fine = np.zeros((1, 4, 6), dtype=np.float32)
    np.testing.assert_allclose(mean_of_maps([coarse, fine], add_up=False), 0.25)


def test_the_grid_has_the_most_rows_and_the_most_columns_of_all() -> None:
    wide, tall = np.ones((2, 2, 6), np.float32), np.ones((2, 4, 3), np.float32)
    assert mean_of_maps([wide, tall]).shape == (2, 4, 6)


def test_a_map_that_is_no_number_stays_so_and_zero_maps_stay_zero() -> None:
    broken, fine = np.zeros((2, 2, 2), np.float32), np.zeros((2, 4, 4), np.float32)
    broken[0, 0, 0] = np.nan
    found = mean_of_maps([broken, fine])
    assert np.isnan(found[0]).any()
    assert (found[1] == 0).all()


def test_members_of_several_sizes_are_asked_at_their_own_size(tiny: Classifier) -> None:
    grey = {8: noise(2, 8), 6: noise(2, 6)}
    target = np.array([1, 0])
    explainer = Explainer([Member(tiny, 8, ""), Member(tiny, 6, "conv")])
    parts = [
        map_layers(tiny, grey[8], target).maps,
        map_layers(tiny, grey[6], target, looked=Looked(("conv",))).maps,
    ]
    found = explainer.explain(grey, target)
    np.testing.assert_allclose(found.maps, mean_of_maps(parts), rtol=1e-5)
    assert found.maps.shape == (2, 8, 8)
    assert explainer.layers == ("member 1: last feature map", "member 2: conv")
    assert explainer.unit == "logits per pixel of the map"


def test_the_class_is_given_or_the_one_that_the_members_together_call() -> None:
    """Two members that disagree: the surer one decides."""
    members = [Member(make_tiny(), 6, "conv") for _ in range(2)]
    for member, bias in zip(members, (-30.0, 9.0), strict=True):
        member.network.head[0].bias.data[0] += bias  # type: ignore[index,operator,union-attr]
    grey = {6: noise(3, 6)}
    explainer = Explainer(members)
    called = explainer.explain(grey, None)
    output = mean_probabilities(members, grey)
    np.testing.assert_allclose(called.probabilities, output, rtol=1e-6)
    assert called.target.tolist() == output.argmax(axis=1).tolist()
    alike = explainer.explain(grey, called.target)
    np.testing.assert_array_equal(alike.maps, called.maps)
    one = explainer.explain(grey, 1)
    assert one.target.tolist() == [1, 1, 1]
    assert one.maps.shape == called.maps.shape


def test_a_large_batch_of_a_group_is_taken_in_parts(tiny: Classifier) -> None:
    count = A_GROUP_PASS * 2 + 1
    grey, target = {6: noise(count, 6)}, np.arange(count) % 2
    explainer = Explainer([Member(tiny, 6, "conv")], layer="all")
    seen: list[int] = []
    tiny.register_forward_pre_hook(lambda _m, given: seen.append(len(given[0])))
    together = explainer.explain(grey, target)
    assert max(seen) <= A_GROUP_PASS
    assert len(together.maps) == count
    alone = explainer.explain({6: grey[6][-1:]}, target[-1:])
    np.testing.assert_allclose(together.maps[-1:], alone.maps, rtol=1e-5)
    assert explainer.unit == "share of each layer's largest value, averaged"


def test_maps_that_add_up_to_nothing_are_averaged_as_shares(tiny: Classifier) -> None:
    """An activation of one network can't be added to one of another."""
    other = make_tiny()
    other.backbone.conv.weight.data *= 100  # type: ignore[union-attr,operator]
    grey, target = {6: noise(2, 6)}, np.array([0, 1])
    pair = Explainer([Member(tiny, 6, "conv"), Member(other, 6, "conv")], method="eigencam")
    found = pair.explain(grey, target)
    parts = [
        Explainer([Member(one, 6, "conv")], method="eigencam").explain(grey, target).maps
        for one in (tiny, other)
    ]
    shares = [one / one.max(axis=(1, 2), keepdims=True) for one in parts]
    np.testing.assert_allclose(found.maps, (shares[0] + shares[1]) / 2, rtol=1e-5, atol=1e-7)
    assert pair.unit == "share of each member's largest value, averaged"
