"""What the metrics mean, in sentences: the verdict's title and weight, and network against border.

Nothing is computed here but comparisons of numbers that metrics.json holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from hilum.report.numbers import known
from hilum.run.trust import AGAINST, DOUBT, FOR, OPEN, Trust

__all__ = [
    "OUTCOME_WORDS",
    "Statement",
    "against_border",
    "finds_lesions",
    "rests_on_lesions",
    "trust_weight",
    "verdict",
]


class Statement(NamedTuple):
    """A title, a sentence, and how prominently the page shows it: `strong`, `medium` or `quiet`."""

    title: str
    sentence: str
    weight: str


_VERDICTS = {
    "confounded": ("Confounded by design: class and source are one", "strong"),
    "partly": ("Partly confounded: not every source holds every class", "medium"),
    "single": ("One source: nothing is known about other sources", "quiet"),
    "crossed": ("Crossed design: every source holds every class", "quiet"),
}

_FINDS = {
    "above": ("They do", "quiet"),
    "not_above": ("Not shown", "medium"),
    "below": ("They miss them", "strong"),
}

_RESTS = {
    "falls": ("It does", "quiet"),
    "partly": ("Partly", "medium"),
    "unclear": ("Not shown", "medium"),
    "stays": ("It does not", "strong"),
}

OUTCOME_WORDS = {AGAINST: "against it", DOUBT: "leaves a doubt", OPEN: "not known", FOR: "for it"}
"""Outcome of a check -> what the table of checks calls it."""

_CHANCE, _SUSPECT = 0.5, 0.65
"""AUC of a guess; and from where a probe that is not significant is no reassurance."""


def verdict(design: Mapping[str, Any]) -> Statement:
    """Return the design verdict; an unknown level is shown as `strong`."""
    level = str(design["level"])
    title, weight = _VERDICTS.get(level, (f"Design: {level}", "strong"))
    return Statement(title, str(design["sentence"]), weight)


def trust_weight(trust: Trust) -> str:
    """Return how prominently a page shows how far a run can be trusted."""
    found = {line.outcome for line in trust.lines}
    return "strong" if AGAINST in found else "medium" if DOUBT in found or not found else "quiet"


def finds_lesions(outcome: Mapping[str, Any]) -> Statement:
    """Return what localisation.json's verdict means; an unknown level is `strong`."""
    level = str(outcome["level"])
    title, weight = _FINDS.get(level, (f"Localisation: {level}", "strong"))
    return Statement(title, str(outcome["sentence"]), weight)


def rests_on_lesions(covered: Mapping[str, Any]) -> Statement:
    """Return what localisation.json says of covered lesions; an unknown level is `strong`."""
    level = str(covered["level"])
    title, weight = _RESTS.get(level, (f"Covered lesions: {level}", "strong"))
    return Statement(title, str(covered["sentence"]), weight)


def against_border(
    probe: Mapping[str, Any] | None, lead: Mapping[str, Any] | None, *, level: str, leaks: bool
) -> Statement:
    """Return what the network's AUC means next to the border probe's.

    Args:
        probe: the border probe's AUC on the test slices (value, low, high).
        lead: the network's AUC minus the probe's on the same slices, by paired resamples.
        level: the design's level; with `confounded` or `partly`, a clear gap proves little too.
        leaks: whether groups of the test set were trained on; then a gap proves nothing.
    """
    if probe is None or lead is None:
        return Statement(
            "No border probe",
            "This run has no border probe, so nothing shows how much of this AUC the edge of the "
            "picture gives away.",
            "medium",
        )
    if not all(known(estimate.get(end)) for estimate in (probe, lead) for end in ("low", "high")):
        return Statement(
            "No comparison",
            "An AUC or its interval is not defined here, so network and border probe can't be "
            "compared.",
            "medium",
        )
    if lead["high"] < 0:
        return Statement(
            "The border alone does better",
            f"The network's AUC lies below the border probe's, by {_span(lead)}: it is no evidence "
            "that the network sees disease.",
            "strong",
        )
    if lead["low"] <= 0:
        return Statement(
            "Not significantly better than the border alone",
            f"The network's lead over the border is {_span(lead)}, so it may be none: this AUC is "
            "no evidence that the network sees disease.",
            "strong",
        )
    return _gap(probe, lead, level, leaks=leaks)


def _span(lead: Mapping[str, Any]) -> str:
    """Return the lead with its interval, signs shown, a minus as long as a plus."""
    text = f"{lead['value']:+.3f} (from {lead['low']:+.3f} to {lead['high']:+.3f})"
    return text.replace("-", "−")


def _gap(
    probe: Mapping[str, Any], lead: Mapping[str, Any], level: str, *, leaks: bool
) -> Statement:
    """Return what it means that the network ranks better than the border probe."""
    better = f"The network's lead over the border is {_span(lead)}: it uses something that the "
    better += "outermost pixels don't show."
    if leaks:
        return Statement(
            "The network does better than the border",
            f"{better} But the test set leaks, so that may be memory.",
            "medium",
        )
    if level in ("confounded", "partly"):
        return Statement(
            "The network does better than the border",
            f"{better} With class and source tied together, that may still be the source, not the "
            "disease.",
            "medium",
        )
    if probe["low"] > _CHANCE or probe["value"] >= _SUSPECT:
        return Statement(
            "The network does better than the border",
            f"{better} But the border may separate the classes too: part of this AUC may not "
            "reflect disease.",
            "medium",
        )
    return Statement(
        "The network does better than the border",
        f"{better} The border itself is not significantly better than chance.",
        "quiet",
    )
