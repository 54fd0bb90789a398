"""hilum recipes."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["command"]


def command(
    name: Annotated[
        str | None, typer.Argument(help="A recipe to print, every default filled in.")
    ] = None,
) -> None:
    """List the recipes, or print one.

    A printed recipe is complete: save it, change it, and give its path to `hilum train`.
    """
    from hilum.recipe import built_in_recipes, dump_recipe, load_recipe

    if name is not None:
        typer.echo(dump_recipe(load_recipe(name)), nl=False)
        return
    for built_in, text in built_in_recipes().items():
        comment = text.partition("\n")[0].removeprefix("#").strip()
        typer.echo(f"{built_in:14} {comment}")
