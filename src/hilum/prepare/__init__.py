"""From files to what a network sees: decoded, resized, checked."""

from hilum.prepare.decoded import (
    BATCH,
    Decoded,
    decode_sizes,
    decode_table,
    resize,
    sized_batches,
)

__all__ = [
    "BATCH",
    "Decoded",
    "decode_sizes",
    "decode_table",
    "resize",
    "sized_batches",
]
