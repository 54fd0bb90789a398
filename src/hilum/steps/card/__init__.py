"""Model card: a run in; what it is, may be used for and was found to do out, for other people."""

from hilum.steps.card.step import write_card

__all__ = ["write_card"]
