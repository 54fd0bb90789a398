"""hilum data: its commands, and hilum data build."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hilum.cli import (
    data_clean,
    data_describe,
    data_duplicates,
    data_fetch,
    data_harmonise,
    data_list,
)

if TYPE_CHECKING:
    from hilum.sources.build import BuildResult

__all__ = ["app", "build"]

PATIENTS, PICTURES = 120, 3
DICOM_PATIENTS, SERIES_SLICES = 8, 40
"""Phantoms: as pictures, and as DICOM."""

app = typer.Typer(
    help="Fetch collections, build slice tables, inspect them.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
app.command("list")(data_list.command)
app.command("fetch")(data_fetch.command)
app.command("clean")(data_clean.command)
app.command("harmonise")(data_harmonise.command)
app.command("describe")(data_describe.command)
app.command("duplicates")(data_duplicates.command)


@app.command("build")
def build(
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE=PATH...", help="Sources and their paths; see `hilum data list`."
        ),
    ],
    out: Annotated[Path, typer.Option(help="The table to write.")],
    label: Annotated[
        list[str] | None, typer.Option(help="Keep only this label (repeatable).")
    ] = None,
    exclude: Annotated[
        list[str] | None,
        typer.Option(
            help="Leave out slices marked with this reason, such as `lung cancer`; `paper`: "
            "all reasons of the paper (repeatable)."
        ),
    ] = None,
    raw: Annotated[
        bool, typer.Option("--raw", help="ct-pneumonia: slices as published, not the cleaned ones.")
    ] = False,
    normal: Annotated[
        bool, typer.Option("--normal", help="msd-lung: tumour-free slices too, as `normal`.")
    ] = False,
    window: Annotated[
        str,
        typer.Option(
            help="msd-lung, lung-pet-ct-dx: lung, mediastinal, width/center in HU, or mix (one of "
            "the two for each patient, drawn by --seed)."
        ),
    ] = "lung",
    slices_per_patient: Annotated[
        int,
        typer.Option(
            min=1, help="msd-lung, lung-pet-ct-dx: maximum number of slices per label and patient."
        ),
    ] = 10,
    group_runs: Annotated[
        int,
        typer.Option(
            min=0,
            help="folder: where no patient is known, this many consecutive file numbers form a "
            "group; 0: each slice is its own.",
        ),
    ] = 0,
    patients: Annotated[
        int | None,
        typer.Option(
            min=1, help="phantom: number of synthetic patients; default 120, or 8 with --dicom."
        ),
    ] = None,
    slices: Annotated[
        int | None,
        typer.Option(
            min=1, help="phantom: slices per patient; default 3, or 40 a series with --dicom."
        ),
    ] = None,
    dicom: Annotated[
        bool,
        typer.Option(
            "--dicom",
            help="phantom: draw whole CT studies as DICOM: series of two kernels, a scout, a "
            "reformat; some with gaps, a tilt, or shuffled.",
        ),
    ] = False,
    lesions: Annotated[
        float, typer.Option(min=0, max=1, help="phantom: strength of the lesions.")
    ] = 1.0,
    link: Annotated[
        float,
        typer.Option(min=0, max=1, help="phantom: how strongly the source predicts the class."),
    ] = 0.0,
    classes: Annotated[
        str, typer.Option(help="phantom: classes, out of cancer,pneumonia,normal.")
    ] = "cancer,pneumonia",
    size: Annotated[int, typer.Option(help="phantom: pixels per side.")] = 256,
    seed: Annotated[
        int, typer.Option(min=0, help="Seed of the phantoms and of the windows of a mix.")
    ] = 0,
    clean: Annotated[
        bool,
        typer.Option(
            "--clean",
            help="Clean the slices of all classes alike, as `hilum data clean` does, into a "
            "folder next to the table.",
        ),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing table.")] = False,
) -> None:
    """Build a slice table from one or more sources."""
    from hilum.cli.show import progress_shown
    from hilum.readers import parse_window
    from hilum.sources import BuildOptions, PhantomSettings, build_table
    from hilum.steps.clean.build import build_cleaned

    phantom = PhantomSettings(
        patients=patients or (DICOM_PATIENTS if dicom else PATIENTS),
        slices_per_patient=PICTURES if dicom else slices or PICTURES,
        classes=tuple(classes.split(",")), lesions=lesions, link=link, size=size, seed=seed,
    )  # fmt: skip
    options = BuildOptions(
        raw=raw, normal=normal, labels=tuple(label or ()), exclude=tuple(exclude or ()),
        window=None if window == "mix" else parse_window(window),
        slices_per_patient=slices_per_patient, group_runs=group_runs, seed=seed, phantom=phantom,
        series_slices=(slices or SERIES_SLICES) if dicom else 0,
    )  # fmt: skip
    pairs = [_pair(source) for source in sources]
    if clean:
        with progress_shown() as progress:
            result = build_cleaned(pairs, out=out, options=options, force=force, progress=progress)
    else:
        result = build_table(pairs, out=out, options=options, force=force)
    _print_built(result, out)


def _print_built(result: BuildResult, out: Path) -> None:
    """Print notes, the slices of each source and class, and what comes next."""
    from hilum.cli.show import next_step, number_of

    for note in result.notes:
        typer.echo(note, err=True)
    for source, of_label in result.counts.groupby("source"):
        for row in of_label.itertuples():
            slices = number_of(int(str(row.slices)), f"{row.label} slice")
            typer.echo(f"{source}: {slices} of {number_of(int(str(row.groups)), 'group')}")
    typer.echo(f"{out}: {number_of(len(result.table), 'slice')}. {next_step('split', out)}")


def _pair(source: str) -> tuple[str, Path]:
    """Return name and path of SOURCE=PATH."""
    name, equals, path = source.partition("=")
    if not (name and equals and path):
        raise typer.BadParameter(f"a source is given as SOURCE=PATH; got {source!r}.")
    return name, Path(path)
