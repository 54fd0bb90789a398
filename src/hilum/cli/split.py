"""hilum split."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["command"]


class Unit(StrEnum):
    """The unit that is assigned to a split."""

    group = "group"
    image = "image"


def command(
    table: Annotated[Path, typer.Argument(help="A slice table.")],
    out: Annotated[
        Path | None, typer.Option(help="Table to write; by default the table itself is rewritten.")
    ] = None,
    fractions: Annotated[
        tuple[float, float, float],
        typer.Option(help="Shares of train, validation and test: 0.7 0.15 0.15."),
    ] = (0.7, 0.15, 0.15),
    by: Annotated[
        Unit,
        typer.Option(help="image: split single slices, as the paper did; the leak is reported."),
    ] = Unit.group,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the split.")] = 0,
    force: Annotated[
        bool, typer.Option("--force", help="Replace OUT, or an existing split of the table.")
    ] = False,
) -> None:
    """Assign a table's slices to train, validation and test.

    Fills the column `split`, stratified by label. Groups are never divided, except with --by image.
    """
    from hilum.cli.show import next_step
    from hilum.errors import UsageError
    from hilum.splits import (
        count_splits,
        find_leak,
        merge_identities,
        split_table,
        unknown_patients,
    )
    from hilum.steps.classes import find_positive
    from hilum.storage.atomic import refuse_existing
    from hilum.table import SPLITS, read_table, write_table

    target = out or table
    if out is not None:
        refuse_existing(out, force=force)
    read = read_table(table)
    if out is None and not force and (read.rows["split"] != "").any():
        raise UsageError(
            f"{table} is split already; give --force to split it again, or --out FILE to keep it."
        )
    if by is Unit.group:
        read, notes = merge_identities(read)
        for note in notes:
            typer.echo(note, err=True)
    done = split_table(read, fractions=fractions, by=by.value, seed=seed)
    write_table(done, target)
    for split, of_label in count_splits(done).items():
        groups = done.part(split).rows["group"].nunique()
        counts_text = ", ".join(f"{slices} {label}" for label, slices in of_label.items())
        typer.echo(f"{split}: {counts_text} slices of {groups} groups")
    typer.echo(find_leak(done).sentence)
    for caution in unknown_patients(done):
        typer.echo(caution)
    empty = [split for split, fraction in zip(SPLITS, fractions, strict=True) if fraction == 0]
    if empty:
        typer.echo(f"Without a {' and a '.join(empty)} split, `hilum train` refuses this table.")
    else:
        unsure = find_positive(done.labels) is None
        positive = ("--set", "classes.positive=CLASS") if unsure else ()
        road = ("--recipe", "mobilenetv2", *positive, "--out", "runs/mobilenetv2")
        typer.echo(next_step("train", target, *road))
        if unsure:
            typer.echo(f"CLASS: the positive class of the metrics, {' or '.join(done.labels)}.")
