"""hilum evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hilum.cli.evaluate_elsewhere import (
    DropShared,
    FolderName,
    Force,
    Overlapping,
    Pair,
    Renamed,
    Unrelated,
    evaluate_on,
)
from hilum.cli.options import EngineName

__all__ = ["command"]

TABLE_ONLY = "--name, --as, --pair, --unrelated, --drop-shared, --overlapping and --force"


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
    name: FolderName = "",
    renamed: Renamed = None,
    pair: Pair = None,
    by: Annotated[
        list[str] | None,
        typer.Option(
            help="A column to show metrics by each value of, or lesion-size or slice-thickness "
            "(repeatable)."
        ),
    ] = None,
    prevalence: Annotated[
        float | None,
        typer.Option(help="Share of positives in use, for predictive values and net benefit."),
    ] = None,
    unrelated: Unrelated = False,
    drop_shared: DropShared = False,
    overlapping: Overlapping = False,
    force: Force = False,
) -> None:
    """Predict and score a run's slices, or those of another table.

    Writes predictions.csv, and metrics.json with the design verdict, the border probe, all
    figures with their intervals, per slice and per group, operating points and calibration. The
    thresholds and the temperature, learnt on validation, go into network.json, for predict.

    With TABLE the run is validated externally: nothing is chosen on the new slices, and the result
    goes to RUN/elsewhere/NAME. Refused where TABLE shares patients or pictures with training.
    """
    if table is not None:
        if keep_predictions:
            raise typer.BadParameter("--keep-predictions is for a run's own slices, not TABLE.")
        more = {
            "name": name, "prevalence": prevalence, "unrelated": unrelated,
            "drop_shared": drop_shared, "overlapping": overlapping, "engine": engine,
            "force": force,
        }  # fmt: skip
        evaluate_on(run, table, (renamed, pair, by), more, json=json)
        return
    if any((name, renamed, pair, unrelated, drop_shared, overlapping, force)):
        raise typer.BadParameter(f"{TABLE_ONLY} need a TABLE.")
    _evaluate_own(run, by, prevalence, engine, keep_predictions=keep_predictions, json=json)


def _evaluate_own(
    run: Path,
    by: list[str] | None,
    prevalence: float | None,
    engine: str,
    *,
    keep_predictions: bool,
    json: bool,
) -> None:
    """Evaluate a run on its own slices, and print what it reaches on those of the test split."""
    from hilum.cli.evaluate_metrics import print_figures
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
