"""hilum networks."""

from __future__ import annotations

from typing import Annotated

import typer

__all__ = ["command"]


def command(
    json: Annotated[bool, typer.Option("--json", help="For a program to read.")] = False,
) -> None:
    """List the paper's nine networks.

    With timm's names, the paper's input size, parameters, and what the paper reports.
    """
    from hilum.cli.show import print_json
    from hilum.known_networks import known_networks

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
