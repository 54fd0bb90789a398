"""A running mean of a network's weights over its training steps (Polyak and Juditsky 1992)."""

from __future__ import annotations

import copy

import torch

from hilum.learn.networks import Classifier

__all__ = ["RunningMean"]

EARLY = 10
"""After this many steps the mean forgets as its share says; before, faster: the first weights are
far from the last."""


class RunningMean:
    """A network whose weights are the mean of another's over its last steps.

    Attributes:
        network: the mean; in inference mode.
        steps: how many were averaged.
    """

    def __init__(self, network: Classifier, share: float) -> None:
        """Begin with a copy of a network; `share` of the earlier mean stays at each step."""
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.share, self.steps = share, 0

    @torch.no_grad()
    def update(self, network: Classifier) -> None:
        """Take in the weights and statistics of a network after a step."""
        share = min(self.share, (self.steps + 1) / (self.steps + EARLY))
        self.steps += 1
        own, latest = self.network.state_dict(), network.state_dict()
        for name, tensor in own.items():
            if tensor.dtype.is_floating_point:
                tensor.lerp_(latest[name].to(tensor.dtype), 1 - share)
            else:
                tensor.copy_(latest[name])
