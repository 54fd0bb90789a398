"""What the paper left out of its pneumonias, found by a sheet's marks and by a caption's words."""

from __future__ import annotations

import re

__all__ = ["EXCLUSIONS", "exclusions_of"]

EXCLUSIONS = {
    "covid-19": re.compile(
        r"covid|sars[\s-]*cov[\s-]*2|2019[\s-]*n?cov|coronavirus disease 2019", re.I
    ),
    "cop": re.compile(r"cryptogenic\s+organi[sz]ing|\bCOP\b"),
    "boop": re.compile(r"\bBOOP\b|bronchiolitis\s+obliterans\s+(with\s+)?organi[sz]ing", re.I),
    "lung cancer": re.compile(
        r"(lung|pulmonary|bronch\w+)\s+(\w+[\s-]+){0,2}?(cancer|carcinoma|adenocarcinoma|malignanc)"
        r"|(cancer|carcinoma)\s+of\s+the\s+lungs?|\b(NSCLC|SCLC)\b",
        re.I,
    ),
}
"""Reason -> the words that name it. Organising pneumonia that is not cryptogenic stays: it follows
infections, too."""

NOT_MEANT = re.compile(
    r"\b(not|mimic\w*|misdiagnos\w*|resembl\w*|unlike|than|versus|vs|exclud\w*|rul\w+ out|negative|"
    r"suspect\w*|simulat\w*|similar)\b[^.;]{0,60}$",
    re.I,
)
"""Words before a name that say it is not the patient's: "pneumonia that may mimic lung cancer"."""


def exclusions_of(text: str) -> list[str]:
    """Return the reasons that a caption gives for leaving a slice out, in the order of EXCLUSIONS.

    A disease that is only compared with (`than`, `mimics`, `misdiagnosed as`) gives none. Words
    are no diagnosis: what this finds is to be looked at, and what it misses may be there.
    """
    return [
        reason
        for reason, pattern in EXCLUSIONS.items()
        if any(not NOT_MEANT.search(text[: match.start()]) for match in pattern.finditer(text))
    ]
