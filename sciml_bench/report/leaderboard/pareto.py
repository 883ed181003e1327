"""The Pareto front of accuracy and cost: methods that no other beats in one without losing in the other."""

from collections.abc import Sequence


def pareto_front(costs: Sequence[float], scores: Sequence[float], better: str) -> list[bool]:
    """Which methods are on the front.

    Args:
        costs: one per method; less is better.
        scores: one per method.
        better: `higher` or `lower` scores.
    """
    sign = 1.0 if better == "lower" else -1.0
    points = [(cost, sign * score) for cost, score in zip(costs, scores, strict=True)]
    return [
        not any(other != point and all(one <= two for one, two in zip(other, point, strict=True)) for other in points)
        for point in points
    ]
