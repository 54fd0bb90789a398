"""From files to what a network sees: decoded, resized, checked."""

from hilum.prepare.decoded import BATCH, Decoded, decode_table, in_batches, resize

__all__ = ["BATCH", "Decoded", "decode_table", "in_batches", "resize"]
