"""Random labels: what a training reaches where nothing but group identity can be learnt.

Labels drawn at random for whole groups can't be inferred from a slice. A test AUC that differs from
0.5 all the same comes from recognising groups: from a leak (Yagis et al. 2021 reached 96 %
accuracy under a slice-wise split, 50 % under a patient-wise one).
"""

from __future__ import annotations

from typing import Any

from hilum.audit.concern import Concern

__all__ = ["LEAKS", "REAL_LABEL", "random_labels_concern"]

REAL_LABEL = "real_label"
"""Column that keeps what a slice was labelled before; a table that has it has random labels."""
LEAKS = "leaks"
"""The level at which the check has found something."""
CHANCE = 0.5
"""AUC of a guess."""

ONE_IN_TWENTY = (
    "A 95 % interval misses 0.5 by chance one time in twenty, more often with few groups; try "
    "another --seed."
)


def random_labels_concern(auc: dict[str, Any], *, shared_groups: int) -> Concern:
    """Return what a test AUC on random labels means.

    Args:
        auc: the estimate (value, low, high) per slice on the test split, interval over groups.
        shared_groups: number of groups that are in more than one split.

    Returns:
        level `holds` (0.5 is inside), `leaks` (it is outside, though no group is parted), `shows`
        (it is above, because groups are parted), `unseen` (groups are parted and the network
        didn't come to use it) or `undefined`.
    """
    numbers = {"auc": auc, "groups_in_several_splits": shared_groups}
    if auc["value"] is None:
        sentence = f"With random labels there is no AUC: {auc.get('note', 'it is not defined')}."
        return Concern("random labels", "undefined", sentence, numbers)
    reach = f"{auc['value']:.3f} [{auc['low']:.3f}, {auc['high']:.3f}]"
    level, meaning = _groups_shared(auc) if shared_groups else _groups_apart(auc)
    sentence = f"With random labels the test AUC is {reach}: {meaning}"
    return Concern("random labels", level, sentence, numbers)


def _groups_apart(auc: dict[str, Any]) -> tuple[str, str]:
    """Return level and meaning where no group is in two splits."""
    if auc["low"] > CHANCE:
        return LEAKS, (
            "the interval lies above 0.5 though no group is in more than one split. Something "
            "reveals the group of a slice to the network, such as one patient or near-duplicates "
            f"under two groups; or it is chance. {ONE_IN_TWENTY}"
        )
    if auc["high"] < CHANCE:
        return LEAKS, (
            "the interval lies below 0.5 though no group is in more than one split. That, too, "
            "means that groups of test and train are not independent, or chance. "
            f"{ONE_IN_TWENTY}"
        )
    return "holds", (
        "the interval contains 0.5, as it should where the split leaks nothing. " + ONE_IN_TWENTY
    )


def _groups_shared(auc: dict[str, Any]) -> tuple[str, str]:
    """Return level and meaning where groups are in several splits."""
    if auc["low"] > CHANCE:
        return "shows", (
            "these labels mean nothing, so everything above 0.5 is the leak: slices of one group "
            "are in train and in test, and the network recognises the group."
        )
    return "unseen", (
        "groups are in more than one split, but this training did not recognise them: it may "
        "take more epochs, or more slices per group."
    )
