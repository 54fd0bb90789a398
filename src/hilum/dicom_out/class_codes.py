"""Codes of classes and probabilities: DICOM's own where it has one, else a private one by name."""

from __future__ import annotations

import hashlib

from highdicom.sr import CodedConcept
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

__all__ = ["class_code", "probability_code"]

SCHEME = "99HILUM"
_CLASSES: dict[str, Code] = {
    "cancer": codes.SCT.LungCancer,
    "normal": codes.SCT.Normal,
}
"""Class name -> its code in DICOM's own tables."""
MOST_VALUE = 16
"""Characters of a Code Value (PS3.5 6.2, SH)."""
MOST_MEANING = 64
"""Characters of a Code Meaning (LO)."""


def class_code(name: str) -> CodedConcept | Code:
    """Return the code of a class; one that DICOM's tables lack has its name, or a hash of it."""
    known = _CLASSES.get(name)
    if known is not None:
        return known
    is_short = len(name) <= MOST_VALUE and name.isascii() and "\\" not in name
    value = name if is_short else hashlib.sha256(name.encode()).hexdigest()[:MOST_VALUE]
    return CodedConcept(value, SCHEME, _meaning(name))


def probability_code(name: str) -> CodedConcept | Code:
    """Return the code of the probability of a class."""
    if name == "cancer":
        return codes.DCM.ProbabilityOfCancer
    value = "P-" + hashlib.sha256(name.encode()).hexdigest()[: MOST_VALUE - 2]
    return CodedConcept(value, SCHEME, _meaning(f"Probability of {name}"))


def _meaning(text: str) -> str:
    return text.replace("\\", "/")[:MOST_MEANING]
