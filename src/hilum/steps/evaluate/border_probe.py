"""The border probe on a table: fitted on its train split, applied to the others."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from hilum.audit import Features, border_features, probe_border
from hilum.prepare import Decoded
from hilum.scores import auc
from hilum.table import SliceTable

__all__ = ["border_probabilities", "border_sentence"]


def border_probabilities(
    table: SliceTable, features: Features, class_names: list[str], splits: tuple[str, ...]
) -> dict[str, npt.NDArray[np.float64]]:
    """Return split -> class probabilities (n, classes) by the border alone, in the table's order.

    Args:
        table: n slices, those of the split `train` to learn from.
        features: `border_features` of what the network sees of them.
        class_names: the order of the columns returned.
        splits: the splits to ask about.
    """
    split = table.rows["split"].to_numpy()
    labels = table.rows["label"].to_numpy(dtype=object)
    train = split == "train"
    queried = np.isin(split, splits)
    probabilities = probe_border(features[train], labels[train], features[queried], class_names)
    return {name: probabilities[split[queried] == name] for name in splits}


def border_sentence(
    table: SliceTable, decoded: Decoded, class_names: list[str], positive: str
) -> str:
    """Say what the border alone reaches on validation, to read a training's AUC against."""
    features = border_features(decoded.grey)
    probabilities = border_probabilities(table, features, class_names, ("validation",))[
        "validation"
    ]
    truth = (table.part("validation").rows["label"] == positive).to_numpy(dtype=bool)
    if np.ptp(probabilities) == 0:
        return (
            "Border alone: nothing known, for even borders or too few training slices; read no "
            "AUC as disease."
        )
    border_auc = auc(truth, probabilities[:, class_names.index(positive)])
    return (
        f"Border alone: validation AUC {border_auc:.3f} from the outermost pixels. What the "
        f"network reaches counts only beyond that."
    )
