"""How a vector field is fitted to trajectories."""
