"""network.json: what a run's network is and needs, read once and typed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from hilum.errors import RunError
from hilum.storage.json_file import read_json

__all__ = [
    "KINDS",
    "REPEATED",
    "Calibration",
    "HasNetworkFile",
    "NetworkFacts",
    "RunNetwork",
    "input_scaling",
    "network_facts",
    "read_network",
]

REPEATED = "repeated training"
KINDS = ("network", "ensemble", "cross-validation", REPEATED)
"""What a run is: one network; several of which the probabilities are averaged; the folds of a
cross-validation, which has predictions and metrics and no network of its own; or trainings of one
recipe from several seeds, which have metrics and no predictions in common."""

RUNS_IN_MEMORY = 64
"""Contents of network.json that are kept, so that no step parses the file of one run again."""

Channels = tuple[float, float, float]


@dataclass(frozen=True)
class Calibration:
    """What evaluate found for the temperature of a run.

    Attributes:
        fitted: False where it could not be fitted.
        temperature: above 0; None where it was not fitted, or the file holds no such number.
        note: why it was not fitted; empty where nothing is to be said.
    """

    fitted: bool
    temperature: float | None
    note: str


@dataclass(frozen=True)
class RunNetwork:
    """The content of network.json. What the file lacks or holds in another type is None or empty.

    Attributes:
        kind: one of `KINDS`.
        title: of the recipe, ensemble, cross-validation or repeated training.
        class_names: in the order of the network's outputs.
        positive: the class that the metrics are about.
        size: side of the square input, pixels.
        harmonise: whether slices are harmonised before the network sees them.
        mean, std: of the input's scaling, a value a channel.
        windows: that the training slices were shown through, each `width/center`.
        thresholds: operating point -> probability from 0 to 1; None where it is no such number.
        calibration: of the probabilities; None before evaluation.
        parameters: `total` and `trained`; empty where not counted.
        members: rows of an ensemble's table of members.
        verdict: `level` and `sentence` of the run's verdict; empty before evaluation.
        cam_layer: timm path of the layer that maps are made of; empty: the last feature map.
        content: the whole JSON object; not to be changed.
    """

    kind: str = KINDS[0]
    title: str = ""
    class_names: tuple[str, ...] = ()
    positive: str = ""
    size: int | None = None
    harmonise: bool = False
    mean: Channels | None = None
    std: Channels | None = None
    windows: tuple[str, ...] = ()
    thresholds: Mapping[str, float | None] = field(default_factory=dict)
    calibration: Calibration | None = None
    parameters: Mapping[str, int] = field(default_factory=dict)
    members: tuple[Mapping[str, Any], ...] = ()
    verdict: Mapping[str, str] = field(default_factory=dict)
    cam_layer: str = ""
    content: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, content: dict[str, Any], *, file: Path) -> RunNetwork:
        """Return the object of network.json, typed; `file` is what errors name.

        Raises:
            RunError: `kind` is none of KINDS.
        """
        kind = content.get("kind", KINDS[0])
        if kind not in KINDS:
            raise RunError(f"{file}: kind is one of {', '.join(KINDS)}; got {kind!r}.")
        shown = _mapping(content.get("input"))
        thresholds = _mapping(content.get("thresholds"))
        counts = _mapping(content.get("parameters"))
        return cls(
            kind=kind,
            title=str(content.get("title", "")),
            class_names=tuple(map(str, _sequence(content.get("class_names")))),
            positive=str(content.get("positive", "")),
            size=_whole_number(shown.get("size")),
            harmonise=shown.get("harmonise") is True,
            mean=_channels(shown.get("mean")),
            std=_channels(shown.get("std")),
            windows=tuple(map(str, _sequence(content.get("windows")))),
            thresholds={str(name): _probability(at) for name, at in thresholds.items()},
            calibration=_calibration(content.get("calibration")),
            parameters={str(key): n for key, n in counts.items() if isinstance(n, int)},
            members=tuple(_sequence(content.get("members"))),
            verdict={key: str(text) for key, text in _mapping(content.get("verdict")).items()},
            cam_layer=str(content.get("cam_layer", "")),
            content=content,
        )


class HasNetworkFile(Protocol):
    """A run, or a file of `hilum export`, which holds the same description of its network."""

    @property
    def folder(self) -> Path:
        """The path that messages name."""

    @property
    def network_file(self) -> Path:
        """The file that describes the network."""

    @property
    def description(self) -> RunNetwork:
        """What the file says of the network."""


@dataclass(frozen=True)
class NetworkFacts:
    """What every step on a network needs of network.json.

    Attributes:
        class_names: in the order of the network's outputs.
        positive: the class that the metrics are about.
        size: side of the square that a slice is resized to, pixels.
    """

    class_names: list[str]
    positive: str
    size: int


def network_facts(run: HasNetworkFile) -> NetworkFacts:
    """Return class names, positive class and input size of a run's network.

    Raises:
        RunError: network.json is missing, broken, or lacks one of them.
    """
    network = run.description
    if not network.class_names or not network.positive or network.size is None:
        raise RunError(
            f"{run.network_file} does not say class_names, positive and input size: it is not of "
            f"a complete run; train again."
        )
    return NetworkFacts(list(network.class_names), network.positive, network.size)


def input_scaling(run: HasNetworkFile) -> tuple[Channels, Channels]:
    """Return mean and standard deviation that the input of a run's network is scaled by.

    Raises:
        RunError: network.json is missing, broken, or lacks one of them.
    """
    network = run.description
    if network.mean is None or network.std is None:
        lacking = "mean" if network.mean is None else "std"
        raise RunError(f"{run.network_file} lacks {lacking!r}: it is not a complete run.")
    return network.mean, network.std


def read_network(path: Path) -> RunNetwork:
    """Return network.json of a run; a file that has not changed is not read a second time.

    Raises:
        RunError: the file holds no JSON object, or another kind of run.
        OSError: it can't be read.
    """
    status = path.stat()
    return _read(path, (status.st_ino, status.st_mtime_ns, status.st_size))


@lru_cache(RUNS_IN_MEMORY)
def _read(path: Path, state: tuple[int, int, int]) -> RunNetwork:  # state: part of the key
    return RunNetwork.of(read_json(path), file=path)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _sequence(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _whole_number(value: Any) -> int | None:
    try:
        return int(value)
    except (TypeError, ValueError):
        return None


def _channels(value: Any) -> Channels | None:
    """Return the numbers of three channels, or None."""
    match _sequence(value):
        case [int() | float() as red, int() | float() as green, int() | float() as blue]:
            return red, green, blue
    return None


def _number(value: Any) -> float | None:
    """Return a finite number, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except ValueError:
        return None
    return number if abs(number) < float("inf") else None


def _probability(value: Any) -> float | None:
    number = _number(value)
    return number if number is not None and 0 <= number <= 1 else None


def _calibration(value: Any) -> Calibration | None:
    if value is None:
        return None
    block = _mapping(value)
    number = _number(block.get("temperature"))
    return Calibration(
        fitted=block.get("fitted") is not False,
        temperature=number if number is not None and number > 0 else None,
        note=str(block.get("note", "")),
    )
