"""From model-card.json to a page; nothing is computed here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from hilum.report.page import fill_page
from hilum.report.statements import OUTCOME_WORDS, trust_weight
from hilum.run.trust import Trust, TrustLine

__all__ = ["render_card", "sentences"]

BETWEEN_SENTENCES = re.compile(r"(?<=[.!?])(?<!al\.)(?<!e\.g\.)(?<!i\.e\.) (?=\S)")
"""A sentence may begin with a number, or with a collection's name in small letters."""


def render_card(content: Mapping[str, Any]) -> str:
    """Return model-card.html: one self-contained page, no script, nothing loaded from elsewhere."""
    found = content["trust"]
    lines = tuple(TrustLine(**line) for line in found["lines"])
    trust = Trust(found["verdict"], found["reason"], lines)
    given = {
        "content": content,
        "trust": trust,
        "trust_says": {"weight": trust_weight(trust), "outcomes": OUTCOME_WORDS},
        "open_items": [_open(guideline) for guideline in content["checklist"]],
    }
    return fill_page(
        "card.html", given, {}, styles=("report", "card"), filters={"sentences": sentences}
    )


def _open(guideline: Mapping[str, Any]) -> int:
    """Return how many items of a guideline a person must complete."""
    return sum(bool(item["person"]) for item in guideline["items"])


def sentences(text: str) -> list[str]:
    """Return the sentences of a section: on the page each has a line of its own."""
    return BETWEEN_SENTENCES.split(text)
