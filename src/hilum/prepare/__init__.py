"""From files to what a network sees: decoded, resized, checked."""

from hilum.prepare.decoded import Decoded, decode_table, resize

__all__ = ["Decoded", "decode_table", "resize"]
