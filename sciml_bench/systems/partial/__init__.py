"""Partial differential equations with reference solvers: one file each."""
