"""What all DICOM objects of a run have in common: its name, its UID, and new UIDs."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass

from pydicom import Dataset
from pydicom.uid import generate_uid

from hilum.errors import UsageError

__all__ = ["MANUFACTURER", "NOTICE", "ResultContext", "check_uid_root", "completed", "of_chest"]

MANUFACTURER = "hilum"
NOTICE = "Research use only. Not a medical device."
MOST_ROOT = 54
"""Characters of a root: a UID has 64 at most (PS3.5 9.1), and what follows must be random."""
_ROOT = re.compile(r"(0|[1-9]\d*)(\.(0|[1-9]\d*))+\.?")
_TYPE_2 = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyDate", "StudyTime",
    "ReferringPhysicianName", "StudyID", "AccessionNumber", "PositionReferenceIndicator",
)  # fmt: skip
"""Attributes that an image must have, if empty, and some archives strip."""


def check_uid_root(root: str) -> str:
    """Return a root for UIDs with its final point; empty stays empty: UIDs of random UUIDs then.

    Raises:
        UsageError: it is none.
    """
    if root and (not _ROOT.fullmatch(root) or len(root) > MOST_ROOT):
        raise UsageError(
            f"a UID root is numbers joined by points, such as 1.2.826.0.1, of at most {MOST_ROOT} "
            f"characters; got {root!r}."
        )
    return f"{root.rstrip('.')}." if root else ""


@dataclass(frozen=True)
class ResultContext:
    """Where results come from.

    Attributes:
        title: of the run.
        network: its backbone.
        version: of hilum.
        weights: hash of the run's weights, which its UID is made of.
        uid_root: as `check_uid_root` returns it.
    """

    title: str
    network: str
    version: str
    weights: str
    uid_root: str = ""

    def new_uid(self) -> str:
        """Return a UID that nothing has yet."""
        return str(generate_uid(prefix=self.uid_root or None))

    @property
    def run_uid(self) -> str:
        """The UID of the run: the same weights have the same one."""
        return str(generate_uid(prefix=self.uid_root or None, entropy_srcs=["run", self.weights]))


def completed(header: Dataset) -> Dataset:
    """Return a copy of an image's header that an object of the same study can be made from.

    What must be there, if empty, is there; references that lack their class are left out.
    """
    copy = deepcopy(header)
    for keyword in ("ReferencedStudySequence", "ReferencedPatientSequence"):
        items = copy.get(keyword) or []
        if any("ReferencedSOPClassUID" not in item for item in items):
            delattr(copy, keyword)
    for keyword in _TYPE_2:
        if keyword not in copy:
            setattr(copy, keyword, "")
    return copy


def of_chest(written: Dataset) -> Dataset:
    """Return a new image with what PS3.3 C.7.3.1 asks of its series: the chest has no side."""
    written.BodyPartExamined = "CHEST"
    if "Laterality" in written:
        del written.Laterality
    return written
