"""What makes a training on the command line as short as it can be: options behind `hilum train`."""

from __future__ import annotations

__all__ = ["SHORT", "SMALL_NETWORK"]

SMALL_NETWORK = ("--set", "network.backbone=test_resnet", "--set", "input.size=64",
                 "--weights", "none")  # fmt: skip
"""A network of 0.4 million parameters, a twelfth of those of the recipe `phantom`."""
SHORT = ("--set", "training.epochs=1", *SMALL_NETWORK)
