"""The sections of a model card, named as in MHub's meta.json.

MHub (mhub.ai) asks of every model a meta.json after Mitchell et al. 2019 (arXiv 1810.03993): id,
name, title, summary, details, and under `info` the sections use, evaluation, training, analyses,
ethics and limitations, each a text of 50 to 500 words without formatting, with references and at
most two tables of at most ten entries.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hilum.scores.interval_text import interval_text
from hilum.steps.card.facts import CardFacts

__all__ = ["PERSON", "details", "info", "summary"]

Content = dict[str, Any]

PERSON = "a person must say"
"""Stands where no file of the run holds the answer."""
MOST_ENTRIES = 10
LONGEST_DESCRIPTION = 200
DAY = "%d.%m.%Y"
"""MHub's way to write a date."""
CHOSEN = ("accuracy", "recall", "specificity", "precision", "f1", "auc")


def summary(facts: CardFacts) -> Content:
    """Return the section `summary`."""
    title = facts.network.title
    description = f"Research network ({title}): tells {facts.task} apart on single chest CT slices."
    held_out = facts.table.rows["split"] == "test"
    groups = facts.table.rows["group"]
    known = [facts.collections.get(name) for name in facts.sources]
    return {
        "description": description[:LONGEST_DESCRIPTION],
        "inputs": [
            {
                "label": "Slice",
                "description": "One axial chest CT slice: PNG, JPEG, TIFF, BMP, WebP or DICOM.",
                "format": "DICOM",
                "modality": "CT",
                "bodypartexamined": "CHEST",
                "slicethickness": PERSON,
                "contrast": None,
                "noncontrast": None,
            }
        ],
        "outputs": [
            {
                "label": "Class",
                "description": "A probability for each class; not a patient's risk.",
                "type": "Classification",
                "classes": list(facts.network.class_names),
            }
        ],
        "model": {"architecture": title, "training": "supervised", "cmpapproach": "2D"},
        "data": {
            "training": {"vol_samples": int(groups[~held_out].nunique())},
            "evaluation": {"vol_samples": int(groups[held_out].nunique())},
            "public": all(one is not None and bool(one.page) for one in known) or None,
            "external": bool(facts.evaluations),
        },
    }


def details(facts: CardFacts) -> Content:
    """Return the section `details`."""
    weights = facts.environment.get("weights") or {}
    return {
        "name": facts.network.title,
        "version": str(facts.environment.get("hilum", "")),
        "devteam": PERSON,
        "authors": [],
        "type": f"Convolutional or other image network, fine-tuned ({facts.network.kind})",
        "date": {"code": "", "weights": _day(facts.environment.get("started")), "pub": ""},
        "cite": PERSON,
        "license": {
            "code": "Apache-2.0",
            "weights": str(weights.get("licence") or PERSON),
        },
        "publications": [],
        "github": "",
    }


def info(facts: CardFacts, answers: Mapping[str, str]) -> Content:
    """Return the sections below `info`.

    Args:
        facts: the run.
        answers: key of the checklist -> what the run knows.
    """
    return {
        "use": _section(
            "Intended use",
            f"{answers['task']} {answers['use']} Not for diagnosis, triage or screening, not for "
            f"decisions on any patient, not for other organs, whole series or other classes: it "
            f"gives every picture one of its classes, also where none applies. {answers['input']} "
            f"{answers['windows']} The clinical role, the population and the users: {PERSON}.",
        ),
        "evaluation": _section(
            "Evaluation data",
            f"{answers['internal']} {answers['splits']} {answers['leak']} {answers['labels']} "
            f"{answers['boxes']} Slices of other collections: {answers['external']} How the "
            f"evaluated patients were chosen: {PERSON}.",
            _table("Test slices by class", facts.test["by_class"]),
        ),
        "training": _section(
            "Training data",
            f"{answers['sources']} {answers['imbalance']} {answers['cohort']} {answers['weights']} "
            f"{answers['training']} {answers['selection']} When and where the patients were "
            f"scanned: {PERSON}.",
            _table("Terms of the data", _terms(facts)),
        ),
        "analyses": _section(
            "Quantitative analyses",
            f"{answers['performance']} {answers['accuracy']} {answers['interval']} "
            f"{answers['within']} {answers['failures']} {answers['external']} An AUC is only worth "
            "what it exceeds that of probes which know no disease.",
            _table("Test slices", _metrics(facts)),
            _table("Other collections", _elsewhere(facts)),
        ),
        "ethics": _section(
            "Ethical considerations",
            f"Approval, consent and de-identification: {PERSON}. Terms of the data: "
            f"{answers['terms']} {answers['fairness']} The run folder holds paths, groups and "
            "columns of the table, which may name patients; the card holds none of them. A wrong "
            "call can harm: a network that has learnt the source calls healthy people ill, and "
            "ill people healthy, wherever the source changes.",
        ),
        "limitations": _section(
            "Caveats and recommendations",
            f"How far can this be trusted? {answers['limits']} Single slices hold less than a "
            "series, and labels are as good as whoever gave them. No check can show that a network "
            "sees disease; each can only show that it may not. Limitations that no file shows: "
            f"{PERSON}.",
        ),
    }  # fmt: skip


def _section(title: str, text: str, *tables: Content | None) -> Content:
    return {
        "title": title,
        "text": text.replace("`", "").replace("**", ""),
        "references": [],
        "tables": [table for table in tables if table is not None],
    }


def _table(label: str, entries: Mapping[str, Any]) -> Content | None:
    """Return a table of MHub, of at least two entries."""
    if len(entries) < 2:
        return None
    rows = list(entries.items())
    if len(rows) > MOST_ENTRIES:
        rest = len(rows) - MOST_ENTRIES + 1
        rows = [*rows[: MOST_ENTRIES - 1], (f"{rest} others", "see metrics.json")]
    return {"label": label, "entries": {str(key): str(value) for key, value in rows}}


def _terms(facts: CardFacts) -> dict[str, str]:
    return {
        name: facts.collections[name].terms if name in facts.collections else PERSON
        for name in facts.sources
    }


def _metrics(facts: CardFacts) -> dict[str, str]:
    figures = facts.test["figures"]
    return {name: interval_text(figures[name]) for name in CHOSEN if name in figures}


def _elsewhere(facts: CardFacts) -> dict[str, str]:
    return {
        f"{one['name']}: AUC": interval_text(one["per_slice"]["figures"]["auc"])
        for one in facts.evaluations
    }


def _day(started: object) -> str:
    """Return an ISO 8601 moment as MHub writes a date; "" where it is none."""
    try:
        return datetime.fromisoformat(str(started)).strftime(DAY)
    except ValueError:
        return ""
