"""Solutions of parametric equations beside the truth."""
