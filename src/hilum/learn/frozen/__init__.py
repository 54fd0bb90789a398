"""The frozen part of a network run once, its outputs stored, and the tail trained on them."""
