"""What checks of maps come to: level and sentence follow from the numbers."""

from __future__ import annotations

from typing import Any

import pytest

from hilum.audit import agreement_concern, randomisation_concern, removal_concern


def figure(value: float, reach: float = 0.05, groups: int = 20) -> dict[str, Any]:
    return {"value": value, "low": value - reach, "high": value + reach, "groups": groups}


def both(order: dict[str, Any], shape: dict[str, Any]) -> dict[str, Any]:
    return {"rank_correlation": order, "ssim": shape}


def stage(order: dict[str, Any], shape: dict[str, Any], *draws: float) -> dict[str, Any]:
    return {**both(order, shape), "each_draw": {"rank_correlation": list(draws)}}


FLOOR = both(figure(0.4), figure(0.6))


@pytest.mark.parametrize(
    ("order", "shape", "level", "meaning"),
    [
        (figure(0.1), figure(0.3), "falls", "they depend on what was learnt."),
        (figure(0.9), figure(0.9), "stays", "the maps do not depend on what was learnt."),
        (figure(0.9), figure(0.2), "stays", "the maps do not depend on what was learnt."),
        (figure(0.5), figure(0.2), "partly", "so few groups can't show whether"),
        (figure(0.1), figure(0.9), "partly", "much of the maps' structure does not."),
        (figure(0.1), figure(0.62), "falls", "they depend on what was learnt."),
    ],
)
def test_maps_must_change_when_all_layers_are_random(
    order: dict[str, Any], shape: dict[str, Any], level: str, meaning: str
) -> None:
    first = stage(figure(0.99), figure(0.99), 0.99)
    found = randomisation_concern([first, stage(order, shape, order["value"])], FLOOR)
    assert found.level == level
    assert meaning in found.sentence


def test_structure_that_all_maps_share_excuses_nothing_where_all_maps_are_one() -> None:
    """SSIM no higher than between slices counts as fallen only where slices' maps differ."""
    alike = both(figure(0.95), figure(0.95))
    found = randomisation_concern([stage(figure(0.2), figure(0.9), 0.2)], alike)
    assert found.level == "partly"


def test_the_sentence_says_the_numbers_with_a_long_minus() -> None:
    found = randomisation_concern([stage(figure(-0.12), figure(0.3), -0.3, 0.06)], FLOOR)
    assert found.sentence.startswith(
        "When all layers are random, the maps' rank correlation with the trained network's is "
        "−0.12 [−0.17, −0.07] (draws from −0.30 to 0.06) and their SSIM 0.30 [0.25, 0.35]; maps of "
        "different slices reach 0.40 [0.35, 0.45] and 0.60 [0.55, 0.65]: "
    )


@pytest.mark.parametrize(
    ("order", "shape", "level"),
    [
        (figure(0.2), figure(0.1), "agrees"),
        (figure(0.2), figure(0.01), "partly"),
        (figure(-0.2), figure(0.01), "differs"),
        (figure(0.2, groups=4), figure(0.1, groups=4), "differs"),  # four groups prove nothing
    ],
)
def test_networks_agree_where_they_lead_over_maps_of_different_slices(
    order: dict[str, Any], shape: dict[str, Any], level: str
) -> None:
    own = both(figure(0.7), figure(0.8))
    found = agreement_concern("VGG16", own, lead=both(order, shape))
    assert found.level == level
    assert found.sentence.startswith(
        "With VGG16 the maps of a slice have a rank correlation of 0.70 [0.65, 0.75] and an SSIM "
        "of 0.80 [0.75, 0.85], which is "
    )


AREAS = dict.fromkeys(("map", "moved", "another", "centre"), figure(0.4))


@pytest.mark.parametrize(
    ("game", "minus", "level"),
    [
        ("deletion", (-0.2, -0.2, -0.2), "better"),
        ("deletion", (-0.2, -0.2, 0.0), "partly"),
        ("deletion", (0.2, 0.2, 0.2), "no better"),
        ("insertion", (0.2, 0.2, 0.2), "better"),
        ("insertion", (0.0, -0.2, 0.2), "partly"),
        ("insertion", (0.0, -0.2, 0.01), "no better"),
    ],
)
def test_a_map_must_change_the_answer_sooner_than_what_knows_nothing(
    game: str, minus: tuple[float, float, float], level: str
) -> None:
    features = dict(zip(("moved", "another", "centre"), map(figure, minus), strict=True))
    found = removal_concern(game, AREAS, features, tested=9, of=12)
    assert found.level == level
    assert found.sentence.endswith(
        ". 3 of 12 slices are left out: without content, the class is about as likely."
    )


def test_on_which_side_of_each_control_the_map_is_stands_in_the_sentence() -> None:
    features = {"moved": figure(-0.2), "another": figure(0.0), "centre": figure(0.2)}
    found = removal_concern("deletion", AREAS, features, tested=9, of=9)
    assert found.sentence == (
        "When pixels are removed in the order of the map (area under the probability 0.40), the "
        "output changes sooner than with the map moved elsewhere (0.40); no sooner than by another "
        "slice's map (0.40); later than from the centre (0.40)."
    )


def test_where_nothing_is_needed_nothing_can_be_removed() -> None:
    found = removal_concern("insertion", {}, {}, tested=0, of=7)
    assert found.level == "undefined"
    assert found.sentence == (
        "Insertion is not possible: in all 7 slices the class is about as likely without any "
        "content, so no pixel matters to it."
    )
