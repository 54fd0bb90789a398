"""Near-duplicate search: copies of one picture, whether cropped, resized or recompressed."""

from hilum.duplicates.fingerprint import SIZE, Fingerprint, fingerprint
from hilum.duplicates.groups import merge_groups
from hilum.duplicates.reading import Prints, collect, read_prints
from hilum.duplicates.search import SAME, Duplicates, find_alike
from hilum.duplicates.sheet import MOST_SHOWN, draw_pairs
from hilum.duplicates.union_find import UnionFind

__all__ = [
    "MOST_SHOWN",
    "SAME",
    "SIZE",
    "Duplicates",
    "Fingerprint",
    "Prints",
    "UnionFind",
    "collect",
    "draw_pairs",
    "find_alike",
    "fingerprint",
    "merge_groups",
    "read_prints",
]
