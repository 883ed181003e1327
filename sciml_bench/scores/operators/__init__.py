"""Scores of networks that solve parametric equations: their errors, and when they pay."""
