"""hilum evaluate RUN TABLE: the options of another table, and what is printed of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from hilum.steps.evaluate.elsewhere import ElsewhereOptions

__all__ = [
    "DropShared",
    "FolderName",
    "Force",
    "Overlapping",
    "Pair",
    "Renamed",
    "Unrelated",
    "evaluate_on",
]

FolderName = Annotated[
    str, typer.Option(help="Folder name in RUN/elsewhere; without it the table's name.")
]
Renamed = Annotated[
    list[str] | None,
    typer.Option("--as", help="Map a label of TABLE to a class of the run: benign=normal."),
]
Pair = Annotated[
    str | None,
    typer.Option(help="Score two labels only, the positive one first: cancer:normal."),
]
Unrelated = Annotated[
    bool,
    typer.Option("--unrelated", help="Equal group names in both tables are other patients."),
]
DropShared = Annotated[
    bool, typer.Option("--drop-shared", help="Leave out the slices that training saw.")
]
Overlapping = Annotated[
    bool,
    typer.Option("--overlapping", help="Evaluate although training saw some of the slices."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace an evaluation of the same name.")]


def evaluate_on(
    run: Path,
    table: Path,
    choices: tuple[list[str] | None, str | None, list[str] | None],
    more: dict[str, Any],
    *,
    json: bool,
) -> None:
    """Evaluate a run on another table, and print what it reaches there.

    Args:
        run: the run folder.
        table: the other table.
        choices: what `--as`, `--pair` and `--by` were given.
        more: further attributes of `ElsewhereOptions`.
        json: print metrics.json.
    """
    from hilum.cli.show import print_json, progress_shown
    from hilum.steps.evaluate.elsewhere import evaluate_elsewhere

    options = _options_of(*choices, **more)
    with progress_shown() as progress:
        metrics = evaluate_elsewhere(run, table, options=options, progress=progress)
    if json:
        print_json(metrics)
    else:
        _print_elsewhere(metrics, run / "elsewhere" / metrics["name"])


def _options_of(
    renamed: list[str] | None, pair: str | None, by: list[str] | None, **more: Any
) -> ElsewhereOptions:
    """Return the options that the command line gives.

    Raises:
        UsageError: `--as` or `--pair` is not of its form.
    """
    from hilum.errors import UsageError
    from hilum.scores.pairs import parse_pair
    from hilum.steps.evaluate.elsewhere import ElsewhereOptions

    names: dict[str, str] = {}
    for text in renamed or ():
        label, sign, name = (part.strip() for part in text.partition("="))
        if not sign or not label or not name:
            raise UsageError(f"--as maps a label to a class: benign=normal; got {text!r}.")
        if names.setdefault(label, name) != name:
            raise UsageError(
                f"--as maps each label to one class; got {label!r} for {names[label]} and {name}."
            )
    return ElsewhereOptions(
        renamed=names, pair=parse_pair(pair) if pair else None, by=tuple(by or ()), **more
    )


def _print_series(series: dict[str, Any]) -> None:
    """Print the AUC per series where the table names them."""
    from hilum.cli.show import metric_text

    if series["unit"] != "group":
        auc = metric_text(series["metrics"]["figures"]["auc"])
        typer.echo(f"Per series ({series['metrics']['n']}): AUC {auc}. {series['sentence']}")


def _print_elsewhere(metrics: dict[str, Any], folder: Path) -> None:
    """Print what a run reaches on another table."""
    from hilum.cli.evaluate_parts import print_parts, print_predictive_values
    from hilum.cli.show import HEADLINE, metric_text

    typer.echo(metrics["overlap"]["sentence"])
    typer.echo(metrics["design"]["sentence"])
    typer.echo(metrics["sentence"])
    typer.echo(metrics["border_probe"]["sentence"])
    typer.echo(f"\n{'elsewhere':12} {'per slice':24} per group")
    for name in HEADLINE:
        of_slices, of_groups = (
            metrics[unit]["figures"][name] for unit in ("per_slice", "per_group")
        )
        typer.echo(f"{name:12} {metric_text(of_slices):24} {metric_text(of_groups)}")
    typer.echo(f"{'border auc':12} {metric_text(metrics['border_probe']['test']['auc'])}")
    _print_series(metrics["series"])
    print_parts(metrics)
    _print_points(metrics)
    print_predictive_values(metrics["decision_curve"])
    for caution in metrics["cautions"]:
        typer.echo(caution)
    typer.echo("95 % intervals over groups; nothing was chosen on these slices; research use only.")
    typer.echo(f"Written: {folder}")


def _print_points(metrics: dict[str, Any]) -> None:
    """Print the run's operating points with what they give here."""
    from hilum.cli.show import metric_text

    points = metrics["thresholds"]["points"]
    if not points:
        typer.echo(f"No operating points: {metrics['thresholds']['note']}.")
        return
    typer.echo(f"\n{'operating point of the run':27} {'recall':24} specificity, per slice")
    for name, point in points.items():
        shown = [metric_text(point["per_slice"][key]) for key in ("recall", "specificity")]
        typer.echo(f"{name:17} {point['threshold']!s:9} {shown[0]:24} {shown[1]}")
