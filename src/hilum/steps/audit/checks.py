"""All checks of an audit, and which of them found something."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hilum.audit import Concern, judge_design
from hilum.audit.attributes import attributes_concern
from hilum.audit.grouped import grouped_folds
from hilum.audit.leaks import leaks_concern
from hilum.audit.masking import cross_scores, masking_concern
from hilum.audit.patients import groups_concern
from hilum.audit.probes import (
    auc_figures,
    cross_probe,
    gain_figure,
    picture_features,
    probes_concern,
)
from hilum.catalogue.collections import known_collections
from hilum.duplicates import Duplicates, UnionFind, find_alike
from hilum.identity import find_identities
from hilum.prepare import decode_table
from hilum.progress import Progress
from hilum.steps.audit.facts import attributes_of, file_features, read_facts
from hilum.steps.audit.features import (
    Extractor,
    MaskedFeatures,
    lesion_boxes,
    masked_features,
)
from hilum.steps.audit.of_run import AuditedRun, run_probes
from hilum.steps.audit.options import AuditOptions
from hilum.steps.audit.ranking import FeatureSample, rank_attributes
from hilum.steps.audit.sample import choose_rows, labels_of_few_groups
from hilum.table import SliceTable

__all__ = ["COUNTS", "audit_content"]

COUNTS = {
    "design": ("confounded", "partly"),
    "leaks": ("splits", "labels", "groups"),
    "groups": ("more", "alike"),
    "attributes": ("seen", "unseen"),
    "probes": ("blind",),
    "masking": ("background",),
    "run": ("blind",),
}
"""Check -> levels at which it has found something."""
SURE = 0.9
"""Correlation of the detail from which near-duplicates count as one picture here: copies reach 0.91
(see hilum.duplicates.search), chests of two patients that look alike stay below."""
TOO_FEW = "some label has fewer than 4 groups, too few to cross-validate"
RANDOM_LABELS = (
    "Random labels are the remaining test: `hilum random-labels` assigns labels at random to "
    "whole groups, and a training on them must reach a test AUC near 0.5."
)


def audit_content(
    table: SliceTable,
    extractor: Extractor,
    options: AuditOptions,
    subject: tuple[str, AuditedRun | None],
    progress: Progress,
) -> dict[str, Any]:
    """Return the content of audit.json.

    Args:
        table: the slices.
        extractor: what computes features.
        options: how it asks.
        subject: the positive class, and the run that is audited too, if any.
        progress: receives the progress.
    """
    positive, run = subject
    facts = read_facts(table, progress)
    alike = find_alike(facts.prints, progress=progress)
    attributes, left_out = attributes_of(table, facts, ignored=options.ignored)
    concerns = {
        "design": judge_design(table, positive=positive),
        "leaks": leaks_concern(find_identities(table), alike=_surely_alike(alike)),
        "groups": groups_concern(
            table, alike=alike.clusters, patients=_patients(table, options.patients)
        ),
    }
    rows = choose_rows(table)
    few = [] if run is not None else labels_of_few_groups(table, positive)
    rows = rows[~table.rows["label"].isin(few).to_numpy()[rows]]
    sample = table.where(_flags(rows, len(table)))
    labels = sample.rows["label"].to_numpy(dtype=object)
    groups = sample.rows["group"].to_numpy(dtype=object)
    folds = grouped_folds(labels, groups, sample.rows["source"].to_numpy(dtype=object))
    with decode_table(sample, size=extractor.size, progress=progress) as decoded:
        boxes = lesion_boxes(sample, decoded.facts, extractor.size)
        features = masked_features(decoded, boxes, extractor, progress)
        probes = {"file": file_features(facts)[rows], **picture_features(decoded.grey)}
    of_sample = None if folds is None else FeatureSample(features.of_kind["whole"], rows, folds)
    ranked = rank_attributes(table, attributes, of_sample)
    concerns["attributes"] = attributes_concern(ranked)
    truth = (labels == positive).astype(bool)
    concerns |= (
        _undefined()
        if folds is None
        else _cross(features, probes, (labels, groups, folds), positive)
    )
    content = {name: concern.as_json() for name, concern in concerns.items()}
    if run is not None:
        content["run"] = {"name": run.name, **run_probes(run, probes, rows)}
    return {
        "slices_sha256": None if run is None else run.slices_sha256,
        "positive": positive,
        "labels": table.labels,
        "slices": len(table),
        "groups": int(table.rows["group"].nunique()),
        "sources": sorted(table.rows["source"].unique()),
        "features": {
            "of": extractor.name, "size": extractor.size, "slices": len(rows),
            "harmonised": sample.harmonised,
            "positive": int(truth.sum()), "labels_left_out": few,
            "folds": 0 if folds is None else int(folds.max()) + 1,
        },
        "columns_left_out": left_out,
        "found": found_in(content),
        "checks": content,
        "random_labels": RANDOM_LABELS,
    }  # fmt: skip


def found_in(checks: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the names of the checks that found something."""
    return [name for name, levels in COUNTS.items() if checks.get(name, {}).get("level") in levels]


def _surely_alike(found: Duplicates) -> npt.NDArray[np.int64]:
    """Return (n,) a number that slices share which are surely one picture."""
    merged = UnionFind(len(found.clusters))
    sure = found.pairs[found.pairs["correlation"] >= SURE]
    for first, second in zip(sure["first"].tolist(), sure["second"].tolist(), strict=True):
        merged.join([first, second])
    return merged.groups()


def _flags(rows: npt.NDArray[np.int64], count: int) -> Any:
    flags = np.zeros(count, dtype=bool)
    flags[rows] = True
    return pd.Series(flags)


def _patients(table: SliceTable, stated: Mapping[str, int]) -> dict[str, int]:
    """Return source -> patients of its collection: as told, else as the catalogue has it."""
    known = {name: one.patients for name, one in known_collections().items() if one.patients}
    sources = set(table.rows["source"])
    return {**{name: count for name, count in known.items() if name in sources}, **stated}


def _undefined() -> dict[str, Concern]:
    """Return the checks that need a cross-validation where there can be none."""
    sentence = f"Not checked: {TOO_FEW}."
    return {name: Concern(name, "undefined", sentence) for name in ("probes", "masking")}


def _cross(
    masked: MaskedFeatures,
    probes: dict[str, npt.NDArray[np.float32]],
    cases: tuple[npt.NDArray[np.object_], npt.NDArray[np.object_], npt.NDArray[np.int64]],
    positive: str,
) -> dict[str, Concern]:
    """Return the masking matrix and the probes, all by the same folds."""
    labels, groups, folds = cases
    features = masked.of_kind
    truth = (labels == positive).astype(bool)
    scores = cross_scores(features, truth.astype(np.float64), folds)
    probed = {name: cross_probe(own, labels, folds, positive) for name, own in probes.items()}
    named = {f"{one}\0{other}": score for (one, other), score in scores.items()}
    figures = auc_figures(truth, {**named, **probed}, groups)
    cells = {one: {other: figures[f"{one}\0{other}"] for other in features} for one in features}
    reached = {name: figures[name] for name in probed}
    strongest = max(reached, key=lambda name: reached[name]["value"])
    gain = gain_figure(truth, scores["whole", "whole"], probed[strongest], groups)
    return {
        "probes": probes_concern(
            reached, cells["whole"]["whole"], gain,
            strongest=strongest, of="a linear classifier on the features of whole slices",
        ),
        "masking": masking_concern(cells, lungs=masked.lungs),
    }  # fmt: skip
