"""From how many solutions on a trained operator has cost less than the numerical solver that is as accurate."""

import math


def breakeven_number(
    training_seconds: float | int, solver_seconds: float | int, prediction_seconds: float | int
) -> float:
    """N* = training / (solver − prediction); infinite where the solver is no slower than a prediction.

    Args:
        training_seconds: what the operator has cost before its first prediction.
        solver_seconds: of one numerical solution with the same error.
        prediction_seconds: of one prediction.
    """
    saved = solver_seconds - prediction_seconds
    return training_seconds / saved if saved > 0 else math.inf
