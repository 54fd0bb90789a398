"""Scores of series: their slices joined into one probability, and how that is chosen."""
