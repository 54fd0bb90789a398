"""Identity: slices of one patient, and single files, that occur under several names."""

from hilum.identity.files import find_copies
from hilum.identity.links import MEANINGS, Identities, Link, find_identities, refuse_conflicts

__all__ = [
    "MEANINGS",
    "Identities",
    "Link",
    "find_copies",
    "find_identities",
    "refuse_conflicts",
]
