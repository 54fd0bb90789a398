"""The paper's figures of maps: networks by slices, networks by layers, networks by depths."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from hilum.cam_maps import SHARES
from hilum.errors import UsageError
from hilum.learn.maps import GROUPS, LAST, find_method
from hilum.progress import SILENT, Progress
from hilum.report.maps.sheet import ENDINGS, draw_sheet
from hilum.run import Run, as_runs
from hilum.run.network import network_facts
from hilum.steps.figure.cells import FigureRun, MapSettings, make_cells
from hilum.steps.figure.sheet import Cell, FigureStyle, as_sheet
from hilum.steps.figure.slices import Shown, choose_slices
from hilum.storage.atomic import new_file, refuse_existing
from hilum.table import refuse_slice_as_output, write_csv

__all__ = ["KINDS", "FigureOptions", "draw_figure"]

KINDS = ("networks", "layers", "depths")
"""Networks by slices at one layer; networks by layers of one slice; networks by what is frozen,
trainable and both, of one slice."""


@dataclass(frozen=True)
class FigureOptions:
    """Options of a figure.

    Attributes:
        slices: ids; none: chosen by `hilum.steps.figure.slices.choose_slices`.
        layers: of the kind "layers": timm paths, the same in all networks; none: spread over each
            network's depth.
        layer: of the kind "networks": as in `hilum explain`.
        method: as in `hilum explain`.
        target: class; empty: the positive one.
        shared_scale: one colour scale for all maps instead of one for each; None: the default of
            the kind.
        width: maximum, mm.
    """

    slices: Sequence[str] = ()
    layers: Sequence[str] = ()
    layer: str = LAST
    method: str = "gradcam"
    target: str = ""
    shared_scale: bool | None = None
    width: float = 180.0

    @property
    def settings(self) -> MapSettings:
        """How the maps of every network are made."""
        return MapSettings(self.method, self.layer, tuple(self.layers))


def draw_figure(
    kind: str,
    runs: Iterable[Run | Path | str],
    *,
    out: Path | str,
    options: FigureOptions = FigureOptions(),
    force: bool = False,
    progress: Progress = SILENT,
) -> Path:
    """Draw maps of several runs' networks side by side, and return the figure's path.

    A table of the same name with the suffix .csv lists slice, run, layers, probability, largest
    value and state of every map. Networks are loaded one after the other.

    Args:
        kind: one of KINDS.
        runs: finished runs or their folders; slices are from the first one's table.
        out: ends in .svg, .pdf or .png.
        options: what to show, and how.
        force: replace an existing figure.
        progress: receives the progress.

    Raises:
        UsageError: there is no such kind, ending, slice, class or method, or `out` exists.
        RunError: a run is incomplete, or has no such layer.
        ReadError: a slice can't be read.
    """
    out = Path(out)
    if kind not in KINDS:
        raise UsageError(f"figure must be one of {', '.join(KINDS)}; got {kind!r}.")
    if out.suffix not in ENDINGS:
        raise UsageError(
            f"a figure's file must end in one of {', '.join(ENDINGS)}; got {out.name!r}."
        )
    table = out.with_suffix(".csv")
    for path in (out, table):
        refuse_existing(path, force=force)
    opened = _open(runs)
    slices = opened[0].run.table()
    for path in (out, table):
        refuse_slice_as_output(slices, path)
    target = options.target or network_facts(opened[0].run).positive
    for one in opened:
        if target not in one.class_names:
            raise UsageError(
                f"{one.run.folder} tells {', '.join(one.class_names)} apart; got {target!r}."
            )
    count = 3 if kind == "networks" else 1
    shown = choose_slices(slices, options.slices, label=target, count=count)
    cells: list[Cell] = []
    for number, one in enumerate(opened, start=1):
        cells += make_cells(kind, one, shown, target=target, settings=options.settings)
        progress.advance("mapping", number, len(opened))
    sheet = as_sheet(cells, shown, style=_look(kind, cells, target, options))
    with new_file(out) as draft:
        draw_sheet(sheet, draft, ending=out.suffix, width=options.width)
    write_csv(_table(cells, shown), table, escape=True)
    return out


def _open(runs: Iterable[Run | Path | str]) -> list[FigureRun]:
    """Return the runs with headings that differ: titles, and where they don't, folders' names."""
    found = as_runs(runs)
    if not found:
        raise UsageError("a figure shows at least one run; name its folder.")
    titles = [run.description.title + _random_weights(run) for run in found]
    opened: list[FigureRun] = []
    for number, (run, title) in enumerate(zip(found, titles, strict=True), start=1):
        heading = title if titles.count(title) == 1 else f"{title}\n{run.folder.name}"
        if heading in [one.heading for one in opened]:
            heading = f"{heading} ({number})"
        opened.append(FigureRun(run, heading, network_facts(run).class_names))
    return opened


def _random_weights(run: Run) -> str:
    """Return what is added to the title of a run whose weights were not pretrained."""
    weights = run.environment().get("weights") if run.environment_file.is_file() else None
    is_random = isinstance(weights, dict) and weights.get("pretrained") is False
    named = "random weights" in run.description.title  # an ensemble names each of its members
    return ", random weights" if is_random and not named else ""


def _look(kind: str, cells: Sequence[Cell], target: str, options: FigureOptions) -> FigureStyle:
    """Return how the maps are drawn and described."""
    method = find_method(options.method)
    shares = kind == "depths" or options.layer in GROUPS
    where = {
        "networks": _words(options.layer),
        "layers": "layers from the first to the last",
        "depths": "averaged over the frozen, the trainable and all convolutions",
    }
    of = f" for {target}" if method.needs_gradient else ""
    return FigureStyle(
        kind=kind,
        shared=kind == "depths" if options.shared_scale is None else options.shared_scale,
        unit=SHARES if shares else method.unit,
        title=f"{method.title}{of}, {where[kind]}",
        target=target,
    )


def _words(layer: str) -> str:
    """Describe the layer of a network that is explained."""
    if layer in GROUPS:
        return f"averaged over {'all' if layer == 'all' else f'the {layer}'} convolutions"
    return "last convolution" if layer == LAST else f"layer {layer}"


def _table(cells: Sequence[Cell], shown: Shown) -> pd.DataFrame:
    """Return a row for each map: its origin, and its largest value."""
    letters = dict(zip(shown.slice_ids, shown.letters, strict=True))
    return pd.DataFrame(
        [
            {
                "slice": letters[cell.slice_id],
                "slice_id": cell.slice_id,
                "run": cell.run,
                "layers": " ".join(cell.layers),
                "probability": cell.probability,
                "largest": cell.largest,
                "state": cell.state,
            }
            for cell in cells
        ]
    )
