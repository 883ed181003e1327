"""Solvers of initial value problems, batched and differentiable."""
