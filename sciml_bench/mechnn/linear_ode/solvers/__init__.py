"""Solvers of the block's normal equations and rows."""
