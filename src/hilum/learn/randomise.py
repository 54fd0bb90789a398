"""Cascading randomisation: a network's learnt weights replaced by random ones, stage by stage.

See Adebayo et al. 2018, section 4.1: from the head down, and replaced weights stay replaced.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import pairwise, takewhile

from torch import Tensor

from hilum.learn.maps import list_layers
from hilum.learn.networks import Classifier
from hilum.learn.predict import untrained_networks
from hilum.run import Run

__all__ = [
    "STAGES",
    "Stage",
    "backbone_stages",
    "deal_out",
    "kept_weights",
    "randomise",
    "untrained",
]

STAGES = 8
"""Number of stages of a backbone: enough to see where its maps change."""
HEAD, BACKBONE = "head", "backbone"
"""The two parts of a `Classifier` that hold tensors."""
INSIDE = f"{BACKBONE}."

State = Mapping[str, Tensor]


@dataclass(frozen=True)
class Stage:
    """Layers that are randomised together.

    Attributes:
        name: "head", or the timm path of the stage, or of its first and last layer.
        layers: number of its layers (modules with tensors of their own).
        tensors: names of their tensors in the network's state, including batch norm statistics.
    """

    name: str
    layers: int
    tensors: tuple[str, ...]


def untrained(run: Run, *, seed: int) -> dict[str, Tensor]:
    """Return the tensors of a run's network with random weights, drawn from `seed`.

    See `hilum.learn.predict.untrained_networks`. A normalisation that is initialised to zero, such
    as the last of a residual block in some networks, is set to one instead: otherwise the block
    would pass nothing on, and the maps would skip it.
    """
    (member,) = untrained_networks(run, seed=seed)
    state = {name: tensor.detach() for name, tensor in member.network.state_dict().items()}
    for name, tensor in state.items():
        if name.endswith(".weight") and tensor.ndim == 1 and not tensor.any():
            tensor.fill_(1.0)
    return state


def backbone_stages(network: Classifier, *, size: int, count: int = STAGES) -> list[Stage]:
    """Return the stages in the order of randomisation: the head, then the backbone from its end.

    Layers are taken in the order of a forward pass; those that do not run, and tensors outside of
    layers (class tokens, position embeddings), go with the first.

    Args:
        network: any backbone of timm.
        size: side of the square input, pixels.
        count: number of stages of the backbone, of about equal numbers of layers, divided where a
            block ends.
    """
    own = _tensors_of_layers(network)
    head = [name for name in own if name.partition(".")[0] == HEAD]
    inside = [name.removeprefix(INSIDE) for name in own if name.startswith(INSIDE)]
    passed = [layer.path for layer in list_layers(network, size) if layer.path in inside]
    body = [*(layer for layer in inside if layer not in passed), *passed]
    stages = [Stage(HEAD, len(head), tuple(t for name in head for t in own[name]))]
    for name, part in reversed(deal_out(body, count)):
        tensors = tuple(t for layer in part for t in own[INSIDE + layer])
        stages.append(Stage(name, len(part), tensors))
    return [
        *stages[:-1],
        replace(stages[-1], tensors=(*own.get(BACKBONE, ()), *stages[-1].tensors)),
    ]


def _tensors_of_layers(network: Classifier) -> dict[str, list[str]]:
    """Return layer -> names of its own tensors, in the order of definition."""
    own: dict[str, list[str]] = {}
    for name in network.state_dict():
        own.setdefault(name.rpartition(".")[0], []).append(name)
    return own


def deal_out(layers: Sequence[str], count: int) -> list[tuple[str, list[str]]]:
    """Return layers (timm paths, in order) in `count` stages, each with its name.

    Each end is searched for around the end of an equal share, within half a share to either side,
    and put where the layers before and after it share the fewest names: between two of the
    network's stages rather than between two blocks, and between two blocks rather than inside one.
    """
    share = len(layers) / max(1, min(count, len(layers)))
    ends, begin = [], 0
    for number in range(1, round(len(layers) / share)):
        aim = number * share
        first = max(begin + 1, round(aim - share / 2))
        near = range(first, max(first + 1, min(len(layers), round(aim + share / 2))))
        begin = min(near, key=lambda end: (_shared(layers, end), abs(end - aim)))
        ends.append(begin)
    bounds = [0, *ends, len(layers)]
    return [
        (_part_name(layers, first, last), list(layers[first:last]))
        for first, last in pairwise(bounds)
    ]


def _shared(layers: Sequence[str], end: int) -> int:
    """Return how many names the paths of the layers before and after an end have in common."""
    if not 0 < end < len(layers):
        return 0
    before, after = layers[end - 1].split("."), layers[end].split(".")
    pairs = zip(before, after, strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _part_name(layers: Sequence[str], first: int, last: int) -> str:
    """Return "blocks.5", or "blocks.5.1 to blocks.6", as deep as the stage's ends require."""
    depth = 1 + max(_shared(layers, first), _shared(layers, last))
    begin, end = (".".join(layers[at].split(".")[:depth]) for at in (first, last - 1))
    return begin if begin == end else f"{begin} to {end}"


def randomise(network: Classifier, stage: Stage, by: State) -> None:
    """Replace a stage's tensors by those of the same names in `by`; the network is changed."""
    state = network.state_dict()
    for name in stage.tensors:
        state[name].copy_(by[name])


@contextmanager
def kept_weights(network: Classifier) -> Iterator[None]:
    """Restore the network's weights when the block ends, whatever happened in it."""
    original = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    try:
        yield
    finally:
        network.load_state_dict(original)
