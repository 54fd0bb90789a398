"""The metrics of a repeated training: of each seed with its intervals, and how far they spread."""

from __future__ import annotations

from typing import Any

from hilum.run import Run, write_json
from hilum.run.metrics import Metrics
from hilum.scores import spread_of
from hilum.scores.interval_text import interval_text

__all__ = ["write_seed_metrics"]

SHARED = (
    "hilum", "positive", "class_names", "weights", "interval", "design", "split", "slices_sha256",
    "notes",
)  # fmt: skip
"""Keys of metrics.json that are the same for every seed."""
UNITS = ("per_slice", "per_group")
MEANING = (
    "{count} trainings that differ in their seed alone. The spread is what another training on the "
    "same slices would change; the interval of each is what other test groups would change, and "
    "holds nothing of the spread. The mean is what to report: the best seed would be chosen on the "
    "test slices."
)


def write_seed_metrics(run: Run, evaluated: list[tuple[Run, Metrics]]) -> Metrics:
    """Write metrics.json of a repeated training and return its content.

    Args:
        run: the repeated training.
        evaluated: its trainings, in the order of their seeds, with their metrics.
    """
    first = evaluated[0][1]
    test = first["splits"]["test"]["per_slice"]
    each = [_each(run, member, metrics) for member, metrics in evaluated]
    content: dict[str, Any] = {
        **{key: first[key] for key in SHARED if key in first},
        "cautions": [
            *dict.fromkeys(caution for _, metrics in evaluated for caution in metrics["cautions"])
        ],
        "border_probe": _border(first["border_probe"], each),
        "seeds": {
            "count": len(each),
            "sentence": MEANING.format(count=len(each)),
            **{key: test.get(key) for key in ("n", "groups", "by_class")},
            "each": each,
            "spread": {unit: _spreads(each, unit) for unit in UNITS},
        },
    }  # fmt: skip
    write_json(content, run.metrics_file)
    return Metrics(content)


def _spreads(each: list[dict[str, Any]], unit: str) -> dict[str, Any]:
    """Return metric -> how far it spreads over the trainings."""
    return {name: spread_of([one[unit][name]["value"] for one in each]) for name in each[0][unit]}


def _each(run: Run, member: Run, metrics: Metrics) -> dict[str, Any]:
    """Return what one training reached on the test slices."""
    test = metrics["splits"]["test"]
    return {
        "seed": member.environment()["seed"],
        "run": member.folder.relative_to(run.folder).as_posix(),
        **{unit: test[unit]["figures"] for unit in UNITS},
        "network_minus_border": metrics["border_probe"]["test"]["network_minus_border"],
    }


def _border(probe: dict[str, Any], each: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what the border alone reaches on the test slices, and how many trainings beat it.

    Args:
        probe: the border probe of one training; it sees the same slices in all.
        each: what each training reached.
    """
    test = {key: probe["test"][key] for key in ("auc", "per_group", "roc") if key in probe["test"]}
    leads = [one["network_minus_border"]["low"] for one in each]
    above = sum(low is not None and low > 0 for low in leads)
    sentence = str(probe["sentence"])
    if test["auc"]["value"] is not None:
        sentence = (
            f"Grey levels of the outermost {probe['pixels']} pixels alone reach AUC "
            f"{interval_text(test['auc'])}: {above} of {len(each)} trainings are significantly "
            f"better."
        )
    return {"pixels": probe["pixels"], "sentence": sentence, "above": above, "test": test}
