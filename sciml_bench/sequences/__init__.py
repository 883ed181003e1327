"""Autoregressive models of sequences: windows in, windows out, rolled out on their own predictions."""
