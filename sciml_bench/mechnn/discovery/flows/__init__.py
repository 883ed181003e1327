"""Where a found vector field takes states in an interval, and how that depends on them and on its coefficients."""
