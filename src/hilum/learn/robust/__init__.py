"""What keeps a network from learning the source: a map of scores, its losses, made examples."""
