"""The page of an answer."""

from __future__ import annotations

from pathlib import Path
from string import ascii_uppercase

import numpy as np

from hilum.report.series import SeriesPage, TopPicture, write_series_page
from hilum.report.series.strip import StripSlice
from hilum.steps.series.answer import SeriesAnswer

__all__ = ["write_page"]

SMALLEST_TOP = 1e-6
"""A largest map value below this is nothing to paint."""


def write_page(answer: SeriesAnswer, path: Path, *, run: str) -> None:
    """Write the page of one series; `run` is what the run is called.

    Raises:
        StorageError: the disk refused.
    """
    letters = {one.index: letter for one, letter in zip(answer.top, ascii_uppercase, strict=False)}
    slices = [
        StripSlice(one.position, one.probability, letters.get(index, ""))
        for index, one in enumerate(answer.slices)
    ]
    largest = max(
        (float(one.cam_map.max()) for one in answer.top if one.cam_map is not None), default=0.0
    )
    calibrated = answer.calibrated
    page = SeriesPage(
        title=f"{answer.origin.name}, {_kernel(answer)}{len(answer.slices)} slices",
        predicted=answer.predicted,
        positive=answer.positive,
        probability=answer.probability,
        calibrated=calibrated[answer.positive] if calibrated else None,
        joined=answer.joined[0].upper() + answer.joined[1:],
        operating=_operating(answer),
        trust=[answer.trust or answer.verdict],
        facts=_facts(answer),
        notes=answer.notes,
        slices=slices,
        top=[_top(answer, number, largest) for number in range(len(answer.top))],
        map_unit=answer.map_unit,
        threshold=answer.threshold,
        run=run,
    )
    write_series_page(page, path)


def _kernel(answer: SeriesAnswer) -> str:
    return f"kernel {answer.kernel}, " if answer.kernel else ""


def _operating(answer: SeriesAnswer) -> str:
    if answer.threshold is None:
        return "The most probable class is called."
    return f"{answer.positive} is called from {answer.threshold:g} on."


def _facts(answer: SeriesAnswer) -> list[tuple[str, str]]:
    """Return what is known of the series; no patient's name or id."""
    facts = [
        ("Slices", f"{len(answer.slices)}, of which {answer.predicted_slices} show lung"),
        ("Kernel", answer.kernel or "not stated"),
    ]
    places = [one.position for one in answer.slices if one.position is not None]
    if len(places) > 1:
        facts.append(("Reaches over", f"{max(places) - min(places):.0f} mm"))
    if answer.source is not None and answer.source.geometry.distance is not None:
        facts.append(("Slices apart", f"{answer.source.geometry.distance:.3g} mm"))
    others = ", ".join(
        f"{name} {p:.2f}" for name, p in answer.probabilities.items() if name != answer.positive
    )
    return [*facts, ("Other classes", others)]


def _top(answer: SeriesAnswer, number: int, largest: float) -> TopPicture:
    """Return one top slice; all maps of a page share their scale."""
    one = answer.top[number]
    shown = answer.slices[one.index]
    where = f"slice {one.index + 1}"
    if shown.position is not None:
        where += f", {shown.position:.1f} mm"
    share, note = None, ""
    if one.cam_map is not None:
        share = np.zeros_like(one.cam_map)
        if not np.isfinite(one.cam_map).all():
            note = "map not finite"
        elif float(one.cam_map.max()) < SMALLEST_TOP:
            note = "zero map"
        else:
            share = np.asarray(one.cam_map / np.float32(largest), dtype=np.float32)
    return TopPicture(
        ascii_uppercase[number], one.grey, share, float(shown.probability or 0.0), where, note
    )
