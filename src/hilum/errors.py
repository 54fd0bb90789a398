"""Exceptions for everything that hilum refuses, as one tree.

HilumError
├── UsageError          the call itself is wrong: no such file, unknown name, folder in the way
├── TableError          a slice table breaks its schema
├── ReadError           a file is not a slice that hilum can read
├── SourceError         a collection's folder is not laid out as it should be
├── FetchError          a collection can't be fetched: no answer, refused, not what was promised
├── SplitError          a table can't be split as asked
├── RecipeError         a recipe has a wrong key or value
├── SplitNetworkError   a network can't be split into a frozen part and the rest
├── WeightsError        weights are missing, of another network, or not safe to read
├── RunError            a run folder lacks what a step needs
└── StorageError        the disk refused: full, read-only, forbidden

Every message is one or two sentences: what, which rule, what was given and what to do.
Bugs are not in this tree: they keep their traceback.
"""

from __future__ import annotations

__all__ = [
    "FetchError",
    "HilumError",
    "ReadError",
    "RecipeError",
    "RunError",
    "SourceError",
    "SplitError",
    "SplitNetworkError",
    "StorageError",
    "TableError",
    "UsageError",
    "WeightsError",
]


class HilumError(Exception):
    """Base of all refusals; `exit_code` is the exit code of the command line."""

    exit_code = 1


class UsageError(HilumError):
    """The call itself is wrong: no such file, unknown name, a folder in the way."""

    exit_code = 2


class TableError(HilumError):
    """A slice table breaks its schema."""


class ReadError(HilumError):
    """A file is not a slice that hilum can read."""


class SourceError(HilumError):
    """A collection's folder is not laid out as it should be."""


class FetchError(HilumError):
    """A collection can't be fetched: no answer, refused, or not what was promised."""


class SplitError(HilumError):
    """A table can't be split as asked."""


class RecipeError(HilumError):
    """A recipe has a wrong key or value."""


class SplitNetworkError(HilumError):
    """A network can't be split into a frozen part that runs once and the rest; it runs unsplit."""


class WeightsError(HilumError):
    """Weights are missing, belong to another network, or are not safe to read."""


class RunError(HilumError):
    """A run folder lacks what a step needs."""


class StorageError(HilumError):
    """The disk refused: full, read-only or forbidden."""
