"""hilum networks."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["command"]


def command(
    cuts: Annotated[
        bool,
        typer.Option(
            "--cuts", help="Count what each recipe freezes and trains; takes some seconds."
        ),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """List the paper's nine networks.

    With timm's names, the paper's input size, parameters, and the paper's results.
    """
    from hilum.catalogue.networks import known_networks
    from hilum.cli.show import print_json

    if cuts:
        _list_cuts(json)
        return
    networks = known_networks()
    if json:
        print_json({name: network._asdict() for name, network in networks.items()})
        return
    typer.echo(f"{'network':18} {'timm':22} {'input':>5} {'parameters':>11}  paper's AUC, accuracy")
    for name, network in networks.items():
        parameters = f"{network.backbone_parameters / 1e6:.1f} M"
        paper = f"{network.paper['auc']:.3f}, {network.paper['accuracy']:.3f}"
        typer.echo(f"{name:18} {network.timm:22} {network.size:>5} {parameters:>11}  {paper}")
    typer.echo("Any other network of timm can be the backbone of a recipe too.")


def _list_cuts(as_json: bool) -> None:
    """Print layers, parameters and multiply-adds, in all and trained, of every recipe."""
    from hilum.cli.show import print_json
    from hilum.steps.networks import describe_cuts

    if as_json:
        print_json(list(describe_cuts()))
        return
    typer.echo(
        f"{'recipe':24} {'input':>5}  {'layers':>12} {'parameters':>18} "
        f"{'multiply-adds':>20}  trained from"
    )
    for row in describe_cuts():
        layers = f"{row['trained_layers']} of {row['layers']}"
        parameters = _share(row["trained_parameters"], row["parameters"], 1e6, "M")
        macs = _share(row["trained_macs"], row["macs"], 1e9, "G")
        also = f" (and {len(row['also_train'])} branches)" if row["also_train"] else ""
        typer.echo(
            f"{row['recipe']:24} {row['size']:>5}  {layers:>12} {parameters:>18} {macs:>20}  "
            f"{row['train_from']}{also}"
        )
    typer.echo("Trained, of all; the backbone without its head, one slice forward.")


def _share(part: int, total: int, unit: float, letter: str) -> str:
    """Return `part` of `total` in a unit, such as "1.8 M of 2.2 M"."""
    return f"{part / unit:.2f} {letter} of {total / unit:.2f} {letter}"
