"""Sequence models that write linear ODEs."""
