"""hilum evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from hilum.cli.evaluate_folds import print_folds
from hilum.cli.evaluate_parts import print_parts, print_predictive_values
from hilum.cli.evaluate_seeds import print_seeds
from hilum.cli.options import EngineName
from hilum.cli.show import HEADLINE, metric_text

__all__ = ["command", "print_auc", "print_figures"]


def command(
    run: Annotated[Path, typer.Argument(help="A run folder.")],
    table: Annotated[
        Path | None,
        typer.Argument(help="Another labelled slice table, for external validation."),
    ] = None,
    keep_predictions: Annotated[
        bool,
        typer.Option("--keep-predictions", help="Score predictions.csv as it is; needs no torch."),
    ] = False,
    engine: EngineName = "auto",
    json: Annotated[bool, typer.Option("--json", help="Print metrics.json.")] = False,
    name: Annotated[
        str, typer.Option(help="Folder name in RUN/elsewhere; without it the table's name.")
    ] = "",
    renamed: Annotated[
        list[str] | None,
        typer.Option("--as", help="Map a label of TABLE to a class of the run: benign=normal."),
    ] = None,
    pair: Annotated[
        str | None,
        typer.Option(help="Score two labels only, the positive one first: cancer:normal."),
    ] = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            help="A column to show metrics by part of, or lesion-size or slice-thickness "
            "(repeatable)."
        ),
    ] = None,
    prevalence: Annotated[
        float | None,
        typer.Option(help="Share of positives in use, for predictive values and net benefit."),
    ] = None,
    unrelated: Annotated[
        bool,
        typer.Option("--unrelated", help="Equal group names in both tables are other patients."),
    ] = False,
    drop_shared: Annotated[
        bool, typer.Option("--drop-shared", help="Leave out the slices that training saw.")
    ] = False,
    overlapping: Annotated[
        bool,
        typer.Option("--overlapping", help="Evaluate although training saw some of the slices."),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace an evaluation of the same name.")
    ] = False,
) -> None:
    """Predict and score a run's slices, or those of another table.

    Writes predictions.csv, and metrics.json with the design verdict, the border probe, all
    figures with their intervals, per slice and per group, operating points and calibration. The
    thresholds and the temperature, learnt on validation, go into network.json, for predict.

    With TABLE the run is validated externally: nothing is chosen on the new slices, and the result
    goes to RUN/elsewhere/NAME. Refused where TABLE shares patients or pictures with training.
    """
    if table is not None:
        more = {
            "name": name, "prevalence": prevalence, "unrelated": unrelated,
            "drop_shared": drop_shared,
            "overlapping": overlapping, "engine": engine, "force": force,
        }  # fmt: skip
        if keep_predictions:
            raise typer.BadParameter("--keep-predictions is for a run's own slices, not TABLE.")
        _elsewhere(run, table, (renamed, pair, by), more, json=json)
        return
    if any((name, renamed, pair, unrelated, drop_shared, overlapping, force)):
        raise typer.BadParameter(
            "--name, --as, --pair, --unrelated, --drop-shared, --overlapping and --force need a "
            "TABLE."
        )
    from hilum.cli.show import next_step, print_json, progress_shown
    from hilum.steps.evaluate import evaluate

    with progress_shown() as progress:
        metrics = evaluate(
            run, by=by or (), prevalence=prevalence, keep_predictions=keep_predictions,
            engine=engine, progress=progress,
        )  # fmt: skip
    if json:
        print_json(metrics)
        return
    print_figures(metrics)
    step = "report" if "folds" in metrics or "seeds" in metrics else "explain"
    typer.echo(next_step(step, run))


def _elsewhere(
    run: Path,
    table: Path,
    choices: tuple[list[str] | None, str | None, list[str] | None],
    more: dict[str, Any],
    *,
    json: bool,
) -> None:
    """Evaluate a run on another table, and print what it reaches there."""
    from hilum.cli.evaluate_elsewhere import options_of, print_elsewhere
    from hilum.cli.show import print_json, progress_shown
    from hilum.steps.evaluate.elsewhere import evaluate_elsewhere

    options = options_of(*choices, **more)
    with progress_shown() as progress:
        metrics = evaluate_elsewhere(run, table, options=options, progress=progress)
    if json:
        print_json(metrics)
    else:
        print_elsewhere(metrics, run / "elsewhere" / metrics["name"])


def print_figures(metrics: dict[str, Any]) -> None:
    """Print verdict, border probe and the test figures with their intervals."""
    typer.echo(metrics["design"]["sentence"])
    if metrics["split"]["leak"]["groups"]:
        typer.echo(metrics["split"]["leak"]["sentence"])
    if metrics["weights"]["pretrained"] is False:
        typer.echo(_random_start(metrics["weights"]))
    if "seeds" in metrics:
        print_seeds(metrics)
    else:
        _print_test(metrics)
    typer.echo("95 % intervals over groups; research use only.")


def _print_test(metrics: dict[str, Any]) -> None:
    """Print border probe, test metrics, folds, thresholds and calibration."""
    typer.echo(metrics["border_probe"]["sentence"])
    test = metrics["splits"]["test"]
    typer.echo(f"{'test':12} {'per slice':24} per group")
    for name in HEADLINE:
        shown = [metric_text(test[unit]["figures"][name]) for unit in ("per_slice", "per_group")]
        typer.echo(f"{name:12} {shown[0]:24} {shown[1]}")
    typer.echo(f"{'border auc':12} {metric_text(metrics['border_probe']['test']['auc'])}")
    print_parts(metrics)
    if "random_labels" in metrics:
        typer.echo(metrics["random_labels"]["sentence"])
    for caution in metrics.get("cautions", ()):
        typer.echo(caution)
    if "folds" in metrics:
        print_folds(metrics["folds"])
    if "series" in metrics:
        _print_series(metrics["series"])
    _print_thresholds(metrics)
    print_predictive_values(metrics["decision_curve"])
    _print_calibration(metrics["calibration"])


def _print_series(series: dict[str, Any]) -> None:
    """Print the AUC per series where the table names them, and how slices are joined."""
    if series["unit"] == "group":
        return
    test = series["splits"]["test"]
    auc = metric_text(test["figures"]["auc"])
    typer.echo(
        f"Per series ({test['n']} in test): AUC {auc}. {series['sentence']} {series['note']}"
    )


def _random_start(weights: dict[str, Any]) -> str:
    """Say what was trained from scratch: a network, all of an ensemble's, or some."""
    some, members = weights.get("random"), weights.get("members")
    if not members:
        return "Random initialisation: the whole network was trained from scratch."
    which = "every member" if some == members else f"{some} of the {members} members"
    verb = "was" if some in (1, members) else "were"
    return f"Random initialisation: {which} {verb} trained from scratch."


def print_auc(metrics: dict[str, Any]) -> None:
    """Print the test AUCs of network and border, per slice and per group."""
    network, border = metrics["splits"]["test"], metrics["border_probe"]["test"]
    typer.echo(f"{'test':12} {'per slice':24} per group")
    for name, per_slice, per_group in (
        ("auc", network["per_slice"]["figures"]["auc"], network["per_group"]["figures"]["auc"]),
        ("border auc", border["auc"], border["per_group"]["auc"]),
    ):
        typer.echo(f"{name:12} {metric_text(per_slice):24} {metric_text(per_group)}")


def _print_thresholds(metrics: dict[str, Any]) -> None:
    """Print the operating points with what they give on test, per slice."""
    points, positive = metrics["thresholds"]["points"], metrics["positive"]
    typer.echo(f"\n{f'{positive} from':27} {'test recall':24} test specificity, per slice")
    for name, point in points.items():
        if point["threshold"] is None:
            typer.echo(f"{name:17} not defined: {point['note']}")
            continue
        figures = point["test"]["per_slice"]
        shown = [metric_text(figures[figure]) for figure in ("recall", "specificity")]
        typer.echo(f"{name:17} {point['threshold']!s:9} {shown[0]:24} {shown[1]}")
    if metrics["thresholds"]["chosen_on"] is None:
        typer.echo(
            "Other thresholds belong to one network: evaluate a fold to see its own."
            if "folds" in metrics
            else "There are no validation slices to choose other thresholds on."
        )
    for name, point in points.items():
        if point["threshold"] is not None and "note" in point:
            typer.echo(f"{name}: {point['note']}")


def _print_calibration(calibration: dict[str, Any]) -> None:
    """Print the temperature, and Brier score and calibration error on test."""
    test = calibration["test"]
    scaled = (
        f"Temperature {calibration['temperature']:.3g}, fitted on {calibration['slices']} "
        f"validation slices."
    )
    if not calibration["fitted"]:
        scaled = "Not calibrated."
    typer.echo(f"\n{scaled} {calibration['note']}".rstrip())
    for name, key in (("Brier score", "brier"), ("calibration error", "calibration_error")):
        after = f"  calibrated {metric_text(test['after'][key])}" if calibration["fitted"] else ""
        typer.echo(f"test {name:18} {metric_text(test['before'][key]):24}{after}".rstrip())
