"""Adam with epsilon where Keras adds it: against steps measured with Keras' own optimiser."""

from __future__ import annotations

from copy import deepcopy

import pytest
import torch

from hilum.learn.keras_adam import KerasAdam

MEASURED = {
    # learning rate, epsilon: displacement under a constant gradient of 0.01 after so many steps
    (1e-4, 1e-1): {1: 3.152e-07, 10: 7.041e-06, 100: 2.045e-04, 1000: 5.459e-03},
    (6e-5, 1e-2): {1: 1.839e-06, 10: 3.953e-05, 100: 1.020e-03, 1000: 2.149e-02},
    (5e-6, 5e-3): {1: 2.974e-07, 10: 6.152e-06, 100: 1.436e-04, 1000: 2.607e-03},
}


@pytest.mark.parametrize(("settings", "displacements"), MEASURED.items())
def test_steps_are_as_long_as_keras_measured_ones(
    settings: tuple[float, float], displacements: dict[int, float]
) -> None:
    parameter = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    optimiser = KerasAdam([parameter], settings[0], eps=settings[1])
    for step in range(1, 1001):
        parameter.grad = torch.full_like(parameter, 0.01)
        optimiser.step()
        if step in displacements:
            assert -float(parameter.detach()) == pytest.approx(displacements[step], rel=5e-4)


def test_torchs_rule_would_step_far_wider_at_first() -> None:
    lengths = []
    for kind in (KerasAdam, torch.optim.Adam):
        parameter = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
        parameter.grad = torch.full_like(parameter, 0.01)
        kind([parameter], 1e-4, eps=1e-1).step()
        lengths.append(-float(parameter.detach()))
    assert lengths[1] / lengths[0] == pytest.approx(28.84, rel=1e-3)


def test_a_parameter_without_gradient_stays_and_state_can_be_saved_and_loaded() -> None:
    moved, still = (torch.nn.Parameter(torch.ones(2)) for _ in range(2))
    optimiser = KerasAdam([moved, still], 1e-2)
    moved.grad = torch.ones(2)
    optimiser.step()
    assert still.tolist() == [1.0, 1.0]
    other = torch.nn.Parameter(moved.detach().clone())
    again = KerasAdam([other, torch.nn.Parameter(torch.ones(2))], 1e-2)
    again.load_state_dict(deepcopy(optimiser.state_dict()))
    for parameter, one in ((moved, optimiser), (other, again)):
        parameter.grad = torch.tensor([1.0, -2.0])
        one.step()
    assert moved.tolist() == other.tolist()
