"""Groups for collections with unknown patients: near-duplicates are kept together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hilum.duplicates import find_alike, merge_groups, read_prints

__all__ = ["merge_near_duplicates"]


def merge_near_duplicates(
    paths: Sequence[Path], groups: Sequence[str], *, name: str
) -> tuple[list[str], str]:
    """Return the groups of slices, merged across near-duplicates, and a note.

    Args:
        paths: n files; each is read once.
        groups: the known group of each, unique where unknown.
        name: name of the source, for the note.

    Raises:
        ReadError: a slice can't be read; the message names the file.
    """
    found = find_alike(read_prints(paths))
    merged = merge_groups(groups, found.clusters)
    before, after, pairs = len(set(groups)), len(set(merged)), len(found.pairs)
    are = "pair of slices is" if pairs == 1 else "pairs of slices are"
    note = f"{name}: {pairs} {are} nearly one picture; of {before} groups they make {after}."
    return merged, note
