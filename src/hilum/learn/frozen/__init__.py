"""The frozen part of a network, run once: found, computed, kept, and the tail trained from it."""
