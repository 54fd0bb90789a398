"""Preparing slices for a network: decoding, resizing, checking."""

from hilum.prepare.batches import BATCH, batches
from hilum.prepare.decoded import (
    Decoded,
    Pictures,
    decode_sizes,
    decode_table,
    sized_batches,
)
from hilum.prepare.decoding import TURNED_REGIONS
from hilum.prepare.network_view import NetworkView, network_view
from hilum.prepare.resize import resize
from hilum.prepare.slice_facts import count_notes, note_sentences, notes_by_label

__all__ = [
    "BATCH",
    "TURNED_REGIONS",
    "Decoded",
    "NetworkView",
    "Pictures",
    "batches",
    "count_notes",
    "decode_sizes",
    "decode_table",
    "network_view",
    "note_sentences",
    "notes_by_label",
    "resize",
    "sized_batches",
]
