"""Losses: against the epoch, in the space of parameters, and under a coupling."""
