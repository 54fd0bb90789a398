"""Preparing slices for a network: decoding, resizing, checking."""

from hilum.prepare.decoded import (
    BATCH,
    Decoded,
    Pictures,
    decode_sizes,
    decode_table,
    sized_batches,
)
from hilum.prepare.decoding import resize

__all__ = [
    "BATCH",
    "Decoded",
    "Pictures",
    "decode_sizes",
    "decode_table",
    "resize",
    "sized_batches",
]
