"""Train: a table and a recipe in, a run folder with the best epoch's network out."""

from hilum.steps.train.step import train, try_recipe

__all__ = ["train", "try_recipe"]
