"""The paper's figures of maps: networks by slices, networks by layers, networks by depths."""

from hilum.steps.figure.step import KINDS, FigureOptions, draw_figure

__all__ = ["KINDS", "FigureOptions", "draw_figure"]
