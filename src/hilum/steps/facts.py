"""What the steps need to know of a run's network, checked."""

from __future__ import annotations

from dataclasses import dataclass

from hilum.errors import RunError, TableError
from hilum.run import Run
from hilum.table import SliceTable

__all__ = ["NetworkFacts", "check_labels", "network_facts"]


@dataclass(frozen=True)
class NetworkFacts:
    """Facts out of network.json.

    Attributes:
        class_names: in the order of the network's outputs.
        positive: the class that the figures speak of.
        size: side of the square that a slice is resized to, pixels.
    """

    class_names: list[str]
    positive: str
    size: int


def network_facts(run: Run) -> NetworkFacts:
    """Return what network.json says.

    Raises:
        RunError: the file is missing, broken, or lacks one of them.
    """
    told = run.network()
    try:
        names, positive = [str(name) for name in told["class_names"]], str(told["positive"])
        return NetworkFacts(names, positive, int(told["input"]["size"]))
    except (KeyError, TypeError, ValueError) as error:
        raise RunError(
            f"{run.network_file} does not say class_names, positive and input size ({error!r}): "
            f"it is not of a whole run; train again."
        ) from None


def check_labels(table: SliceTable, class_names: list[str], *, of: str = "network") -> None:
    """Raise TableError at the first slice of a class that the network (or recipe) lacks."""
    unknown = ~table.rows["label"].isin(class_names)
    if unknown.any():
        row = int(unknown.to_numpy().argmax())
        raise TableError(
            f"{table.place(row, 'label')}: must be one of the {of}'s classes "
            f"({', '.join(class_names)}); got {table.rows['label'].iloc[row]!r}."
        )
