"""The loop of a gradient training: a fit by Lightning, what it calls at every turn, and its checkpoints."""
