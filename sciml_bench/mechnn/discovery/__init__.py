"""Equations discovered in trajectories."""
