"""hilum tune."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilum.cli.options import DEFAULT_RECIPE, Changes, RecipeName, WeightsPlace

if TYPE_CHECKING:
    from hilum.steps.tune import Tuned

__all__ = ["command"]

SHORT = {
    "validation_auc": "AUC",
    "validation_loss": "loss",
    "learning_rate": "rate",
    "backbone_learning_rate": "backbone rate",
}
"""Columns of trials.csv that have shorter names on the terminal."""
SETTINGS = [
    "learning_rate", "backbone_learning_rate", "epsilon", "dropout", "hidden", "train_from", "size",
]  # fmt: skip
"""Columns of hyperparameters; those that no trial changed are not shown."""
LEFT_OUT = ["best", "validation_accuracy", "seconds"]
"""Columns that do not fit, or are shown elsewhere."""


def command(
    table: Annotated[Path, typer.Argument(help="A slice table, split (see `hilum split`).")],
    out: Annotated[Path, typer.Option(help="The folder to create, or to resume in.")],
    recipe: RecipeName = DEFAULT_RECIPE,
    trials: Annotated[
        int, typer.Option(min=1, help="Total number of trials, earlier ones included.")
    ] = 20,
    knob: Annotated[
        list[str] | None,
        typer.Option(
            help="Tune only this hyperparameter (repeatable): learning_rate, "
            "backbone_learning_rate, epsilon, dropout, hidden, frozen, size."
        ),
    ] = None,
    weights: WeightsPlace = None,
    change: Changes = None,
) -> None:
    """Tune a recipe's hyperparameters by validation.

    The first trial is the recipe unchanged. After an interruption the same command resumes. Needs
    Optuna: pip install 'hilum[tune]'.
    """
    from hilum.cli.show import next_step, progress_shown
    from hilum.recipe import as_recipe
    from hilum.steps.tune import tune
    from hilum.steps.tune.knobs import free_knobs

    with progress_shown() as progress:
        knobs = knob or ()
        if not knob and change:
            knobs, fixed = free_knobs(change)
            if fixed:
                progress.say(f"Fixed by --set: {', '.join(fixed)}.")
        tuned = tune(
            table, as_recipe(recipe, change or ()), out=out, trials=trials, knobs=knobs,
            weights=weights, progress=progress,
        )  # fmt: skip
    _print(tuned)
    options = ("--weights", weights) if weights else ()
    recipe_file = out / "recipe.toml"
    typer.echo(next_step("train", table, "--recipe", recipe_file, *options, "--out", "RUN"))


def _print(tuned: Tuned) -> None:
    """Print the trials, the best first, and how far to trust their metrics."""
    rows = tuned.trials.sort_values(
        ["best", "validation_auc", "validation_loss"], ascending=[False, False, True]
    )
    still = [name for name in SETTINGS if rows[name].nunique() == 1 and len(rows) > 1]
    shown = rows.drop(columns=[*LEFT_OUT, *still]).round(4).rename(columns=SHORT)
    typer.echo(shown.to_string(index=False, na_rep="-"))
    default = tuned.trials.iloc[0]
    typer.echo(
        f"Best: trial {tuned.best} of {len(rows)}, validation AUC "
        f"{rows.iloc[0]['validation_auc']:.4f}; the unchanged recipe (trial 1): "
        f"{default['validation_auc']:.4f}. The best of {len(rows)} is optimistic, since its "
        f"validation metrics selected it: evaluate it on the test slices, once."
    )
