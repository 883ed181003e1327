"""Coefficients beside the rows that they come from: of few rows, many a combination of terms explains the motion."""

import numpy as np

from sciml_bench.mechnn.discovery.rational.rational_library import RationalEquations
from sciml_bench.mechnn.discovery.sparse_equations import SparseEquations

FEWEST_ROWS = 10
"""For every coefficient of one equation, of noisy states; the rule of thumb of regression."""


def few_rows(equations: SparseEquations | RationalEquations, n_rows: int) -> tuple[str, ...]:
    """One sentence where an equation has more coefficients than so many noisy rows can tell.

    Args:
        equations: that were found.
        n_rows: that were learned from, of all trajectories.
    """
    sides = (equations,) if isinstance(equations, SparseEquations) else (equations.above, equations.below)
    numbers = np.sum([side.support.sum(axis=0) for side in sides], axis=0)
    if isinstance(equations, RationalEquations):
        numbers = numbers - 1  # one coefficient of every denominator is 1
    most = int(numbers.argmax())
    if n_rows >= FEWEST_ROWS * numbers[most]:
        return ()
    name = equations.library.spec.component_names[most]
    return (
        f"{numbers.sum()} coefficients from {n_rows} rows, {numbers[most]} of them in d{name}/dt: too few rows to tell "
        f"this law from others; learn from at least {FEWEST_ROWS * numbers[most]} (data.split.train, data.n_rows), or "
        "from fewer terms (a smaller model.degree, a larger training.threshold)",
    )
