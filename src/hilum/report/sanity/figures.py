"""The figures of sanity.json: random layers, other runs, pixels removed and put back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hilum.report.canvas import FAINT, INK, NETWORK, PROBE, Drawing, draw, plain
from hilum.report.numbers import fixed

__all__ = ["GAMES", "MEASURE_NAMES", "ORDER_NAMES", "sanity_drawings", "stage_name"]

Content = Mapping[str, Any]

MEASURE_NAMES = {"rank_correlation": "Rank correlation", "ssim": "SSIM"}
ORDER_NAMES = {
    "map": "Map",
    "moved": "Map, moved elsewhere",
    "another": "Another slice's map",
    "centre": "From the centre",
}
_LINES = {
    "map": (NETWORK, "-"), "moved": (FAINT, (0, (5, 2))), "another": (INK, (0, (1, 1.5))),
    "centre": (PROBE, (0, (4, 1, 1, 1))),
}  # fmt: skip
GAMES = {"deletion": "Deletion", "insertion": "Insertion"}
_ALIKE = 1.0


def sanity_drawings(content: Content) -> dict[str, Drawing]:
    """Return the figures of sanity.json by name; those without numbers are left out."""
    stages, floor = content["randomisation"]["stages"], content["different_slices"]
    found = {"sanity_layers": Drawing(_layers(stages, floor), _say_layers(stages, floor))}
    runs = content["runs"]
    if runs:
        found["sanity_runs"] = Drawing(_runs(runs), _say_runs(runs))
    games = {game: content[game] for game in GAMES if content[game]["slices"]}
    if games:
        found["sanity_removal"] = Drawing(_removal(games), _say_removal(games))
    return found


def _layers(stages: Sequence[Content], floor: Content) -> str:
    """Return the SVG of how alike maps stay while layers become random, from above downwards."""

    def paint(figure: Figure) -> None:
        panels = figure.subplots(1, 2, sharey=True)
        for axes, (measure, title) in zip(panels, MEASURE_NAMES.items(), strict=True):
            _mark_floor(axes, floor[measure])
            axes.plot([_ALIKE], [0], "o", color=INK, markersize=5)
            for row, stage in enumerate(stages, start=1):
                _interval(axes, row, stage[measure], NETWORK)
                for own in stage["each_draw"][measure]:
                    axes.plot([own], [row], "|", color=FAINT, markersize=7, markeredgewidth=1)
            axes.set(xlabel=title, xlim=_limits(stages, floor, measure))
            axes.grid(axis="x")
            axes.set_axisbelow(True)
            axes.spines["left"].set_visible(False)
        names = ["as trained", *(stage_name(*numbered) for numbered in enumerate(stages))]
        panels[0].set_yticks(range(len(names)), names)
        panels[0].set_ylim(len(stages) + 0.5, -1.1)
        for axes in panels:
            axes.tick_params(axis="y", length=0, labelcolor=INK)
            plain(axes)

    return draw((7.4, 1.3 + 0.3 * len(stages)), paint)


def _limits(stages: Sequence[Content], floor: Content, measure: str) -> tuple[float, float]:
    """Return the scale: from 0, or lower where a number is, to 1."""
    lows = [own for stage in stages for own in stage["each_draw"][measure]]
    lows += [stage[measure]["low"] for stage in stages] + [floor[measure]["low"]]
    return min(0.0, *lows) - 0.04, _ALIKE + 0.04


def _mark_floor(axes: Axes, floor: Content) -> None:
    """Draw what maps of different slices reach, over the whole height."""
    axes.axvspan(floor["low"], floor["high"], color=PROBE, alpha=0.18, linewidth=0)
    axes.axvline(floor["value"], color=PROBE, linewidth=1.2, linestyle=(0, (3, 2)))
    axes.text(
        floor["value"], -0.75, "different slices", fontsize=8.5, color=PROBE, ha="center",
        va="center",
    )  # fmt: skip


def _interval(axes: Axes, row: float, figure: Content, colour: str) -> None:
    """Draw a figure and its interval at a height."""
    axes.plot(
        [figure["low"], figure["high"]], [row, row], color=colour, linewidth=7, alpha=0.35,
        solid_capstyle="butt",
    )  # fmt: skip
    axes.plot([figure["value"]], [row], "o", color=colour, markersize=5)


def _runs(runs: Sequence[Content]) -> str:
    """Return the SVG of how alike other runs' maps are, next to maps of different slices."""

    def paint(figure: Figure) -> None:
        panels = figure.subplots(1, 2, sharey=True)
        for axes, (measure, title) in zip(panels, MEASURE_NAMES.items(), strict=True):
            for row, run in enumerate(runs):
                _interval(axes, row, run[measure], NETWORK)
                _interval(axes, row + 0.28, run["floor"][measure], PROBE)
            lows = [content[measure]["low"] for run in runs for content in (run, run["floor"])]
            axes.set(xlabel=title, xlim=(min(0.0, *lows) - 0.04, _ALIKE + 0.04))
            axes.grid(axis="x")
            axes.set_axisbelow(True)
            axes.spines["left"].set_visible(False)
        for name, colour in (("same slice", NETWORK), ("different slices", PROBE)):
            panels[0].plot([], [], "o", color=colour, markersize=5, label=name)
        panels[0].set_yticks([row + 0.14 for row in range(len(runs))], _names(runs))
        panels[0].set_ylim(len(runs) - 0.4, -0.6)
        figure.legend(
            *panels[0].get_legend_handles_labels(), loc="outside upper right", ncols=2, fontsize=9
        )
        for axes in panels:
            axes.tick_params(axis="y", length=0, labelcolor=INK)
            plain(axes)

    return draw((7.4, 1.4 + 0.5 * len(runs)), paint)


def _names(runs: Sequence[Content]) -> list[str]:
    return [str(run["name"]) for run in runs]


def _removal(games: Mapping[str, Content]) -> str:
    """Return the SVG of the class's mean probability while pixels go, and while they come back."""

    def paint(figure: Figure) -> None:
        panels = figure.subplots(1, len(games), sharey=True, squeeze=False)[0]
        for axes, (game, content) in zip(panels, games.items(), strict=True):
            for order, curve in content["curves"].items():
                colour, dashes = _LINES[order]
                axes.plot(
                    content["shares"], curve["probability"], color=colour, linestyle=dashes,
                    label=ORDER_NAMES[order],
                )  # fmt: skip
            done = "removed" if game == "deletion" else "put back"
            axes.set(xlabel=f"Share of pixels {done}", xlim=(0, 1), ylim=(0, 1.02))
            axes.set_title(f"{GAMES[game]}, {content['slices']} slices", fontsize=10, loc="left")
            axes.grid()
            axes.set_axisbelow(True)
            plain(axes)
        panels[0].set(ylabel="Mean probability of the class")
        figure.legend(
            *panels[0].get_legend_handles_labels(),
            loc="outside lower center",
            ncols=4,
            fontsize=8.5,
        )

    return draw((3.7 * len(games), 3.4), paint)


def _say_layers(stages: Sequence[Content], floor: Content) -> str:
    parts = [_say(f"{stage['name']} random", stage) for stage in stages]
    between = _say("maps of different slices", floor)
    return f"Similarity of maps to the trained network's. {'; '.join(parts)}. {between}."


def _say_runs(runs: Sequence[Content]) -> str:
    parts = [
        f"{_say(str(run['name']), run)}, {_say('different slices', run['floor'])}" for run in runs
    ]
    return f"Similarity of other runs' maps. {'; '.join(parts)}."


def _say(what: str, content: Content) -> str:
    """Return both measures in words."""
    numbers = [
        f"{title} {fixed(content[name]['value'], 2)}" for name, title in MEASURE_NAMES.items()
    ]
    return f"{what}: {', '.join(numbers)}"


def _say_removal(games: Mapping[str, Content]) -> str:
    parts = [
        f"{GAMES[game]}, area under the mean probability: "
        + ", ".join(
            f"{ORDER_NAMES[order]} {fixed(content['areas'][order]['value'], 2)}"
            for order in ORDER_NAMES
        )
        for game, content in games.items()
    ]
    return f"{'. '.join(parts)}."


def stage_name(row: int, stage: Content) -> str:
    """Return what a stage is called below those that became random before it."""
    return str(stage["name"]) if row == 0 else f"+ {stage['name']}"
