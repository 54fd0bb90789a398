"""What a run knows of its data, in sentences: sources, splits, labels, people."""

from __future__ import annotations

from typing import Any

from hilum.steps.card.facts import CardFacts

__all__ = ["data_answers"]

CHARACTERISTICS = ("sex", "age", "stage_t", "histology", "organism", "smoking")
"""Columns of a table that describe people or their disease."""


def data_answers(facts: CardFacts) -> dict[str, str]:
    """Return key of the checklist -> what the run knows; empty where it knows nothing."""
    table, metrics = facts.table, facts.metrics
    return {
        "sources": _sources(facts),
        "terms": _terms(facts),
        "splits": splits_sentence(metrics["split"]),
        "leak": f"By group. {metrics['split']['leak']['sentence']}",
        "missing": "No slice is imputed: one that can't be read stops the training or evaluation.",
        "windows": _windows(facts),
        "labels": f"The table's column label: {', '.join(table.labels)}. How it came about is not "
        "in the table.",
        "boxes": _boxes(facts),
        "size": f"{len(table):,} slices of {table.rows['group'].nunique():,} groups: all that the "
        "table holds; no size was planned by hilum.",
        "cohort": _cohort(facts),
        "imbalance": _imbalance(facts),
        "fairness": _fairness(facts),
    }


def splits_sentence(split: dict[str, Any]) -> str:
    """Return the slices and groups of each split in words."""
    counts = [
        f"{name} {slices:,} slices of {split['groups'][name]:,} groups"
        for name, slices in split["slices"].items()
    ]
    return f"Groups are assigned as a whole: {'; '.join(counts)}."


def _sources(facts: CardFacts) -> str:
    rows = facts.table.rows
    parts = []
    for source in facts.sources:
        own = rows[rows["source"] == source]
        held = own["label"].value_counts()
        classes = ", ".join(f"{count:,} {label}" for label, count in held.items())
        known = facts.collections.get(source)
        title = f" ({known.title})" if known else ""
        parts.append(f"{source}{title}: {classes}, {own['group'].nunique():,} groups")
    return f"{'; '.join(parts)}. {facts.metrics['design']['sentence']}"


def _terms(facts: CardFacts) -> str:
    parts = [f"{name}: {known.terms}" for name, known in facts.collections.items()]
    unknown = [name for name in facts.sources if name not in facts.collections]
    if unknown:
        parts.append(f"not known for {', '.join(unknown)}")
    return f"{'; '.join(parts)}."


def _windows(facts: CardFacts) -> str:
    windows = facts.network.windows
    if not windows:
        return "The window of the slices is not known."
    return f"Slices are shown through the window {', '.join(windows)} (width/centre, HU)."


def _boxes(facts: CardFacts) -> str:
    boxes = facts.table.rows["boxes"]
    marked = int((~boxes.isin(["", "none"])).sum())
    if not marked:
        return "The table marks no lesion."
    return f"{marked:,} of {len(boxes):,} slices have boxes around lesions."


def _cohort(facts: CardFacts) -> str:
    rows = facts.table.rows
    present = [
        name for name in CHARACTERISTICS if name in rows.columns and (rows[name] != "").any()
    ]
    absent = [name for name in ("sex", "age") if name not in present]
    known = [f"{name} of {(rows[name] != '').mean():.0%} of the slices" for name in present]
    parts = [f"Known: {', '.join(known)}"] if known else []
    parts += [f"the table has no {' and no '.join(absent)}"] if absent else []
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}. `hilum data describe` tabulates them by class."


def _imbalance(facts: CardFacts) -> str:
    counts = facts.table.rows["label"].value_counts()
    shares = ", ".join(f"{label} {count / len(facts.table):.0%}" for label, count in counts.items())
    weighted = facts.recipe is not None and facts.recipe.training.class_weights == "balanced"
    done = "weighed in the loss" if weighted else "not corrected in training"
    return f"Classes: {shares} of the slices; {done}; thresholds are chosen on validation slices."


def _fairness(facts: CardFacts) -> str:
    rows = facts.table.rows
    present = [name for name in ("sex", "age") if name in rows.columns and (rows[name] != "").any()]
    if not present:
        return "Nothing is known: the table has no sex and no age."
    return (
        f"The table has {' and '.join(present)}; `hilum evaluate RUN TABLE.csv --by {present[0]}` "
        "shows metrics by part."
    )
