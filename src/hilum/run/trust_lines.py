"""What each check of a run says about how far it can be trusted, one line a check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

__all__ = [
    "AGAINST",
    "DOUBT",
    "ELSEWHERE",
    "FOR",
    "OPEN",
    "OUTCOMES",
    "TrustLine",
    "audit_line",
    "covering_line",
    "elsewhere_lines",
    "evaluation_lines",
    "localisation_line",
    "sanity_line",
]

AGAINST, DOUBT, OPEN, FOR = "against", "doubt", "open", "for"
OUTCOMES = (AGAINST, DOUBT, OPEN, FOR)
"""What a line says of trusting the run: it speaks against it, leaves a doubt, was not checked (or
could not be), or speaks for it."""

ELSEWHERE = "elsewhere"
CHANCE = 0.5
STRONG = 0.1
"""Cramér's V of class and source from which a crossed design still leaves a doubt (Cohen's small
effect, see hilum.audit.design)."""

TITLES = {
    "labels": "Labels",
    "design": "Class and source",
    "split": "Split",
    "auc": "AUC on its own test slices",
    "groups": "Number of groups",
    "border": "Border of the slices alone",
    "within source": "AUC within sources",
    ELSEWHERE: "Another collection",
    "audit": "Audit",
    "localisation": "Maps and lesions",
    "covering": "AUC and lesions",
    "sanity": "Maps and weights",
}
"""Check -> its name for a reader."""

Content = Mapping[str, Any]
Levels = Mapping[str, tuple[str, str]]

DESIGN: Levels = {
    "confounded": (AGAINST, "class and source are one, so a call may mean the source"),
    "partly": (DOUBT, "not every source holds every class"),
    "single": (OPEN, "all slices come from one source"),
    "crossed": (FOR, "every source holds every class"),
    "unequal": (DOUBT, "sources hold the classes in different proportions"),
}
"""Level of the design -> outcome and short; `unequal` is `crossed` with a `STRONG` association."""
BORDER: Levels = {
    "explains": (AGAINST, "the border of the slices alone ranks as well"),
    "unclear": (DOUBT, "the border of the slices may tell the classes"),
    "contributes": (DOUBT, "the border of the slices tells part of the classes"),
    "chance": (FOR, "the border does not tell the classes"),
}
LOCALISATION: Levels = {
    "above": (FOR, "its maps find the lesions"),
    "not_above": (DOUBT, "its maps are not shown to find the lesions"),
    "below": (DOUBT, "its maps miss the lesions"),
}
COVERING: Levels = {
    "falls": (FOR, "its AUC falls where lesions are covered"),
    "partly": (DOUBT, "part of its AUC is left where lesions are covered"),
    "unclear": (DOUBT, "its AUC may not rest on the lesions"),
    "stays": (AGAINST, "its AUC stays where lesions are covered"),
}
SANITY: Levels = {
    "falls": (FOR, "its maps depend on what was learnt"),
    "stays": (DOUBT, "its maps do not depend on what was learnt"),
}


class TrustLine(NamedTuple):
    """What one check found.

    Attributes:
        check: its key, such as "design"; evaluations elsewhere share `ELSEWHERE`.
        title: its name for a reader.
        outcome: one of `OUTCOMES`.
        short: what it found in a few words, to stand in the reason of the verdict.
        sentence: what it found.
    """

    check: str
    title: str
    outcome: str
    short: str
    sentence: str


def evaluation_lines(metrics: Content) -> Iterator[TrustLine]:
    """Yield what metrics.json says: labels, design, split, AUC, border, AUC within sources."""
    if "random_labels" in metrics:
        short = "it was trained on random labels, as a self-test"
        yield _line("labels", AGAINST, short, metrics["random_labels"]["sentence"])
    yield _design(metrics["design"])
    yield _split(metrics["split"]["leak"])
    yield _own_auc(metrics)
    yield _size(metrics.get("cautions") or [])
    yield _border(metrics.get("border_probe") or {})
    yield _within(metrics.get("within_source"))


def _design(design: Content) -> TrustLine:
    level = str(design["level"])
    if level == "crossed" and (design.get("cramers_v") or 0.0) >= STRONG:
        level = "unequal"
    found = DESIGN.get(level, (DOUBT, f"its design is {level}"))
    return _line("design", *found, design["sentence"])


def _split(leak: Content) -> TrustLine:
    if leak["groups"]:
        short = "groups of the test slices were trained on"
        return _line("split", AGAINST, short, leak["sentence"])
    return _line("split", FOR, "the split leaks nothing", leak["sentence"])


def _own_auc(metrics: Content) -> TrustLine:
    auc = metrics["splits"]["test"]["per_slice"]["figures"]["auc"]
    if auc["value"] is None:
        sentence = f"Its test slices give no AUC: {auc.get('note', 'it is not defined')}."
        return _line("auc", OPEN, "it has no AUC", sentence)
    reached = f"AUC {_text(auc)} for {metrics['positive']}"
    if auc["low"] > CHANCE:
        return _line("auc", FOR, reached, f"{reached}.")
    sentence = f"{reached}: not significantly above chance."
    return _line("auc", AGAINST, "its test AUC is not above chance", sentence)


def _size(cautions: Sequence[str]) -> TrustLine:
    if not cautions:
        sentence = "No class has so few test groups that its intervals are too narrow."
        return _line("groups", FOR, "there are enough test groups", sentence)
    short = "its groups are few, mixed or not known to be patients"
    return _line("groups", DOUBT, short, " ".join(map(str, cautions)))


def _border(probe: Content) -> TrustLine:
    if not probe:
        return _line("border", OPEN, "the border was not probed", "No border probe was measured.")
    found = BORDER.get(str(probe.get("level")), (OPEN, "the border probe is not defined"))
    return _line("border", *found, probe["sentence"])


def _within(block: Content | None) -> TrustLine:
    if block is None:
        sentence = "Not measured; `hilum evaluate` of this version adds it."
        return _line("within source", OPEN, "not measured within sources", sentence)
    pooled = block["pooled"]
    if pooled["value"] is None:
        sentence = f"There is none: {pooled.get('note', 'it is not defined')}."
        return _line("within source", OPEN, "there is no AUC within a source", sentence)
    reached = f"AUC {_text(pooled)} where only slices of one source are compared"
    if pooled["low"] > CHANCE:
        return _line("within source", FOR, reached, f"{reached}.")
    short = "within a source it does not rank significantly above chance"
    return _line("within source", DOUBT, short, f"{reached}: not above chance.")


def elsewhere_lines(evaluations: Sequence[Content]) -> Iterator[TrustLine]:
    """Yield what each evaluation on another table says; that there is none, where there is none."""
    if not evaluations:
        sentence = "Never tested on slices of another collection: `hilum evaluate RUN TABLE.csv`."
        yield _line(ELSEWHERE, OPEN, "never tested on another collection", sentence)
    for content in evaluations:
        yield _elsewhere(content)


def _elsewhere(content: Content) -> TrustLine:
    name, figures = str(content["name"]), content["per_slice"]["figures"]
    measured, what = figures["auc"], "the AUC is"
    if measured["value"] is None:  # one class only: how much of it is called rightly
        measured, what = figures["accuracy"], "the share classified correctly is"
    outcome, short = OPEN, f"on {name} nothing is defined"
    if measured["value"] is not None:
        outcome, short = _outcome_elsewhere(content, measured, what)
    return _line(ELSEWHERE, outcome, short, content["sentence"], of=name)


def _outcome_elsewhere(content: Content, measured: Content, what: str) -> tuple[str, str]:
    """Return outcome and short of a figure elsewhere; a weakness takes the place of a good one."""
    short = f"on {content['name']} {what} {_text(measured)}"
    if measured["high"] < CHANCE:
        return AGAINST, short
    if measured["low"] <= CHANCE:
        return DOUBT, short
    weakness = _weakness(content)
    return (DOUBT, weakness) if weakness else (FOR, short)


def _weakness(content: Content) -> str:
    """Return why a good figure elsewhere is no evidence, "" where nothing is known against it."""
    name = content["name"]
    if (content.get("overlap") or {}).get("slices"):
        return f"part of {name} was trained on"
    if content["design"]["level"] == "confounded":
        return f"in {name} class and source are one"
    if (content.get("border_probe") or {}).get("level") == "explains":
        return f"on {name} the border alone ranks as well"
    return ""


def audit_line(audit: Content | None, *, stale: bool = False) -> TrustLine:
    """Return what an audit of the run says.

    Args:
        audit: audit.json of the run's slices; None: there is none.
        stale: without one, whether there is an audit of other slices.
    """
    if audit is None and stale:
        sentence = "The audit in the run folder is of other slices; audit again."
        return _line("audit", OPEN, "its audit is of other slices", sentence)
    if audit is None:
        sentence = "Not audited: `hilum audit TABLE.csv --run RUN`."
        return _line("audit", OPEN, "it was not audited", sentence)
    found, checks = list(audit["found"]), audit["checks"]
    probes = checks.get("run")
    ahead = probes is None or probes["level"] == "undefined" or probes["gain"]["low"] > 0
    if not ahead:
        short = "probes that know nothing of disease rank as well"
        return _line("audit", AGAINST, short, probes["sentence"])
    if not found:
        sentence = "It looked for shortcuts and leaks, and found none."
        return _line("audit", FOR, "its audit found nothing", sentence)
    sentences = " ".join(str(checks[name]["sentence"]) for name in found)
    return _line("audit", DOUBT, f"its audit found something ({', '.join(found)})", sentences)


def localisation_line(localisation: Content | None) -> TrustLine:
    """Return what the maps find; None: no lesion was looked for."""
    if localisation is None:
        sentence = "Not measured: the table has no lesions, or no maps were made."
        return _line("localisation", OPEN, "its maps were not compared", sentence)
    verdict = localisation["verdict"]
    undefined = (OPEN, "its maps could not be compared with lesions")
    found = LOCALISATION.get(str(verdict["level"]), undefined)
    return _line("localisation", *found, verdict["sentence"])


def covering_line(localisation: Content | None) -> TrustLine:
    """Return whether the AUC falls where lesions are covered; None: no lesion was looked for."""
    covered = (localisation or {}).get("lesions_covered")
    if covered is None or (localisation or {}).get("split") != "test":
        sentence = "Not measured: `hilum explain RUN` covers the lesions of test slices."
        return _line("covering", OPEN, "its lesions were not covered", sentence)
    unclear = (OPEN, "whether its AUC rests on the lesions is not clear")
    return _line("covering", *COVERING.get(str(covered["level"]), unclear), covered["sentence"])


def sanity_line(sanity: Content | None) -> TrustLine:
    """Return whether the maps depend on what was learnt; None: not checked."""
    if sanity is None:
        return _line(
            "sanity", OPEN, "its maps were not checked", "Not checked: `hilum sanity RUN`."
        )
    check = sanity["randomisation"]
    unclear = (OPEN, "whether its maps depend on what was learnt is not clear")
    return _line("sanity", *SANITY.get(str(check["level"]), unclear), check["sentence"])


def _line(check: str, outcome: str, short: str, sentence: object, *, of: str = "") -> TrustLine:
    """Return the line of a check; `of` names the collection that it is about."""
    title = f"{TITLES[check]}: {of}" if of else TITLES[check]
    return TrustLine(check, title, outcome, short, str(sentence))


def _text(metric: Content) -> str:
    """Return `0.71 (0.60 to 0.81)`; a wide interval bears no third decimal."""
    wide = metric["high"] - metric["low"] > 0.1
    value, low, high = (f"{metric[key]:.{2 if wide else 3}f}" for key in ("value", "low", "high"))
    return f"{value} ({low} to {high})"
