"""The steps: each puts rooms together and is what Python calls; one folder a command."""
