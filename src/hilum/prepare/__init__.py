"""Preparing slices for a network: decoding, resizing, checking."""

from hilum.prepare.batches import BATCH, batches
from hilum.prepare.decoded import (
    Decoded,
    Pictures,
    decode_sizes,
    decode_table,
    sized_batches,
)
from hilum.prepare.resize import resize

__all__ = [
    "BATCH",
    "Decoded",
    "Pictures",
    "batches",
    "decode_sizes",
    "decode_table",
    "resize",
    "sized_batches",
]
