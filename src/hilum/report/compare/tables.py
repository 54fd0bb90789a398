"""The tables of a comparison as text: table.md, and the rows of table.csv and differences.csv."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from hilum.report.metric_titles import FURTHER_TITLES
from hilum.report.numbers import MISSING, decimals, duration, fixed, has_exact, interval

__all__ = [
    "METRIC_NAMES",
    "difference_rows",
    "elsewhere_names",
    "elsewhere_of",
    "further_names",
    "kind_in_words",
    "millions",
    "table_markdown",
    "table_rows",
]

METRIC_NAMES = {
    "accuracy": "Accuracy",
    "precision": "Precision",
    "recall": "Recall",
    "f1": "F1",
    "auc": "AUC",
    "specificity": "Specificity",
}
"""In the order of the paper's Table 2."""

WITHIN = "AUC within a source"
UNITS = ("per_slice", "per_group")
TESTS = {"auc": "delong", "accuracy": "mcnemar"}
"""Metric -> key of the classical test of a pair."""

Content = Mapping[str, Any]


def table_markdown(content: Content) -> str:
    """Return table.md: what must be known first, then one row a network, as the paper's Table 2."""
    columns = ["Network", *METRIC_NAMES.values(), WITHIN, "Parameters", "Trained", "Time", "Input",
               "Kind"]  # fmt: skip
    lines = [f"# Comparison of {len(content['runs'])} runs", ""]
    lines += [f"{sentence}\n" for sentence in _doubts(content)]
    lines += [_line(columns), _line(["---"] * len(columns))]
    best = content["best"]["per_slice"]
    for run in content["runs"]:
        cells = [_estimate_cell(run["per_slice"]["figures"][key], bold=best.get(key) == run["name"])
                 for key in METRIC_NAMES]  # fmt: skip
        parameters = run["parameters"] or {}
        lines.append(
            _line(
                [
                    run["name"],
                    *cells,
                    _within_cell(run),
                    millions(parameters.get("total")),
                    millions(parameters.get("trained")),
                    duration(run["seconds"]),
                    " ".join(map(str, run["input_size"])) or MISSING,
                    kind_in_words(run),
                ]
            )
        )
    if content["choice"]:
        estimates = content["choice"]["per_slice"]["figures"]
        chosen = [_estimate_cell(estimates[key], bold=False) for key in METRIC_NAMES]
        named = f"Best of {content['choice']['n']}, chosen inside the folds"
        lines.append(_line([named, *chosen, *[MISSING] * 6]))
    return "\n".join([*lines, "", *_elsewhere_markdown(content), *_notes(content)]) + "\n"


def elsewhere_names(runs: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the names of the evaluations on other tables that any of the runs has, sorted."""
    return sorted({one["name"] for run in runs for one in run.get("elsewhere", ())})


def elsewhere_of(run: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """Return a run's evaluation of that name, or None."""
    return next((one for one in run.get("elsewhere", ()) if one["name"] == name), None)


def _elsewhere_markdown(content: Content) -> list[str]:
    """Return the lines of the table of AUCs on other tables; none where no run was tried there."""
    names = elsewhere_names(content["runs"])
    if not names:
        return []
    columns = ["Network", "AUC, own test", *(f"AUC, {name}" for name in names)]
    lines = ["## On slices of other tables", "", _line(columns), _line(["---"] * len(columns))]
    for run in content["runs"]:
        own = _estimate_cell(run["per_slice"]["figures"]["auc"], bold=False)
        found = [elsewhere_of(run, name) for name in names]
        lines.append(_line([run["name"], own, *map(_elsewhere_cell, found)]))
    marked = [one for run in content["runs"] for one in run["elsewhere"] if one["overlap"]]
    notes = [f"\\* {one['name']}: {one['overlap_sentence']}" for one in marked]
    return [*lines, "", *(f"{note}\n" for note in dict.fromkeys(notes))]


def _elsewhere_cell(one: Mapping[str, Any] | None) -> str:
    """Return the AUC of an evaluation, or the share that is called positive, with the border's."""
    if one is None:
        return MISSING
    mark = "\\*" if one["overlap"] else ""
    if one["auc"]["value"] is None:
        return f"{one['positive']} {_estimate_cell(one['called_positive'], bold=False)}{mark}"
    border = one["border_auc"]
    shown = f"{_estimate_cell(one['auc'], bold=False)}{mark}"
    if border["value"] is None:
        return shown
    return f"{shown}, border {fixed(border['value'], decimals(border))}"


def _within_cell(run: Mapping[str, Any]) -> str:
    """Return the AUC within a source, or "none"."""
    pooled = (run.get("within_source") or {}).get("pooled")
    if pooled is None:
        return MISSING
    return "none" if pooled["value"] is None else _estimate_cell(pooled, bold=False)


def table_rows(content: Content) -> pd.DataFrame:
    """Return table.csv: one row a network and unit, each figure with its interval and method."""
    rows = []
    for unit in UNITS:
        for run in content["runs"]:
            parameters = run["parameters"] or {}
            row = {
                "unit": unit,
                "name": run["name"],
                "folder": run["folder"],
                "kind": run["kind"],
                "pretrained": {True: "yes", False: "no"}.get(run["pretrained"], ""),
                "input_size": " ".join(map(str, run["input_size"])),
                "parameters_total": parameters.get("total"),
                "parameters_trained": parameters.get("trained"),
                "seconds": run["seconds"],
                "n": run[unit]["n"],
                "groups": run[unit]["groups"],
            }
            for key in METRIC_NAMES:
                row |= _estimate_columns(key, run[unit]["figures"][key])
                row |= {f"{key}_best": int(content["best"][unit].get(key) == run["name"])}
            for key in further_names(content["runs"]):
                row |= _estimate_columns(key, run[unit]["figures"].get(key, {}))
            if unit == "per_slice":
                within = (run.get("within_source") or {}).get("pooled", {})
                row |= _estimate_columns("auc_within_source", within)
            rows.append(row)
    integer_columns = ["parameters_total", "parameters_trained"]
    return pd.DataFrame(rows).astype(dict.fromkeys(integer_columns, "Int64"))


def further_names(runs: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return key and title of the metrics beyond those of Table 2 that any of the runs has."""
    return {
        key: title
        for key, title in FURTHER_TITLES.items()
        if any(key in run["per_slice"]["figures"] for run in runs)
    }


def _estimate_columns(key: str, estimate: Mapping[str, Any]) -> dict[str, Any]:
    """Return an estimate as columns of table.csv; empty where a run lacks it."""
    ends = {f"{key}_{part}": estimate.get(part) for part in ("low", "high", "method")}
    return {key: estimate.get("value"), **ends}


def difference_rows(content: Content) -> pd.DataFrame:
    """Return differences.csv: every pair of networks, accuracy and AUC, per slice and per group."""
    columns = ["unit", "figure", "first", "second", "value", "low", "high", "method", "groups",
               "p", "p_holm", "test", "test_p", "test_p_holm"]  # fmt: skip
    rows = [
        {
            "unit": unit, "figure": key, **{name: pair[name] for name in columns[2:11]},
            **_test_columns(pair, TESTS[key]),
        }
        for compared in content["sets"]
        for unit in UNITS
        for key in ("auc", "accuracy")
        for pair in compared["pairs"][unit][key]
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def _test_columns(pair: Mapping[str, Any], test: str) -> dict[str, Any]:
    """Return the classical test of a pair as columns of differences.csv."""
    result = pair.get(test) or {}
    return {"test": test, "test_p": result.get("p"), "test_p_holm": result.get("p_holm")}


def kind_in_words(run: Mapping[str, Any]) -> str:
    """Return what a run is: `network`, `ensemble of 3`, `5-fold`."""
    if run["kind"] == "ensemble":
        return f"ensemble of {run['members']}"
    return f"{run['members']}-fold" if run["kind"] == "cross-validation" else str(run["kind"])


def millions(count: int | None) -> str:
    """Return a count of parameters as the paper writes it: 2.6 M; below 0.1 M in thousands."""
    if count is None:
        return MISSING
    return f"{count / 1e6:.1f} M" if count >= 100_000 else f"{count / 1e3:.1f} k"


def _doubts(content: Content) -> list[str]:
    """Return the sentences that stand above the table, each once."""
    sentences = [content["refusal"]["sentence"]]
    for compared in content["sets"]:
        of = f" ({', '.join(compared['runs'])})" if len(content["sets"]) > 1 else ""
        sentences.append(
            f"**Design{of}: {compared['design']['level']}.** {compared['design']['sentence']}"
        )
        for border in compared["borders"]:
            estimate = border["auc"]
            reach = f"{fixed(estimate['value'])} ({interval(estimate) or 'no interval'})"
            named = (
                f" (as seen by {', '.join(border['runs'])})" if len(compared["borders"]) > 1 else ""
            )
            sentences.append(f"**Border alone{of}:** AUC {reach}{named}. {_against(compared)}")
        if compared["leak"]["groups"]:
            sentences.append(f"**The splits leak{of}.** {compared['leak']['sentence']}")
        sentences += compared["cautions"]
    return list(dict.fromkeys(filter(None, sentences)))


def _against(compared: Mapping[str, Any]) -> str:
    """Say which networks are not shown to rank better than the border."""
    names = compared["not_above_border"]
    if not names:
        return "Every network is significantly better than that."
    if len(names) == len(compared["runs"]):
        return (
            "No network is significantly better: these AUCs are no evidence that one sees disease."
        )
    return f"Not significantly better: {', '.join(names)}."


def _notes(content: Content) -> list[str]:
    sentences = [content["best"]["sentence"]]
    sentences += [
        compared["power"]["sentence"] for compared in content["sets"] if compared["power"]
    ]
    naive = content["choice"] and content["choice"]["naive"]
    if naive:
        sentences.append(
            f"The best by the test slices themselves, {naive['name']}, would claim AUC "
            f"{fixed(naive['auc']['value'])}, {naive['optimism']:+.3f}: it is chosen on its "
            f"own test slices."
        )
    sentences.append(
        f"Per slice, on the test slices; in brackets 95 % intervals: "
        f"{content['interval']['method']}."
    )
    if has_exact(content["runs"]):
        sentences.append("† every resample agrees; exact binomial interval over groups.")
    sentences.append("Research use only. Not a medical device.")
    return [f"{sentence}\n" for sentence in sentences if sentence]


def _estimate_cell(estimate: Mapping[str, Any], *, bold: bool) -> str:
    if estimate["value"] is None:
        return MISSING
    value = fixed(estimate["value"], decimals(estimate))
    mark = "†" if estimate["method"] == "exact" else ""
    return f"{f'**{value}**' if bold else value} ({interval(estimate)}){mark}"


def _line(cells: list[str]) -> str:
    """Return a row of a Markdown table; a bar inside a cell would end it."""
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
