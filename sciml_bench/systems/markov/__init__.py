"""Markov processes, most with a known spectrum: one file each."""
