"""The last line of a run: whether its answer beat persistence and the mean, by how much, and how far ahead."""

import re
from collections.abc import Sequence

import numpy as np

from sciml_bench.core.plain_types import Metrics
from sciml_bench.scores.references import NO_TURN, REFERENCES

_OF_STEP = re.compile(r"persistence_error_over_mean_step_(\d+)")
_OF_FIELDS = re.compile(r"mean_relative_l2_(\d+)")


def judgement(metrics: Metrics, time_unit: str) -> str | None:
    """One sentence: whether the forecast beat persistence and the mean, by how much, and over which horizon.

    Args:
        metrics: of a run; nothing is said of those without `reference_scores`, errors by step or operators' errors.
        time_unit: of the horizon.
    """
    if steps := sorted(int(found[1]) for found in map(_OF_STEP.fullmatch, metrics) if found):
        return _judged_by_steps(metrics, steps)
    if (resolution := next((found[1] for found in map(_OF_FIELDS.fullmatch, metrics) if found), None)) is not None:
        return _judged_fields(metrics, resolution)
    if "forecast_horizon" not in metrics:
        return None
    error, horizon, longest = (
        metrics[name] for name in ("forecast_standardised_error", "forecast_horizon", "forecast_length")
    )
    ratios = [_compared(error, metrics[f"{name}_standardised_error"], name) for name in REFERENCES]
    if not np.isfinite(error):
        ratios = ["left every bound"]
    if horizon >= longest:
        where = "better than both all the way"
    elif horizon > 0:
        where = f"better than both up to {horizon:.4g} {time_unit} only"
    else:
        where = "not better than both at any horizon"
    return f"forecast over {longest:.4g} {time_unit}: {', '.join(ratios)}; {where}"


def _compared(error: float, reference: float, name: str) -> str:
    whose = "the mean's" if name == "mean" else f"{name}'s"
    return f"{error / reference:.3g} of {whose} error" if reference > 0 else f"{name} is exact"


def _judged_by_steps(metrics: Metrics, steps: Sequence[int]) -> str:
    """Of the expected states some lags ahead, from many starts."""
    errors = {step: metrics[f"forecast_error_over_mean_step_{step}"] for step in steps}
    persistence = {step: metrics[f"persistence_error_over_mean_step_{step}"] for step in steps}
    better = [step for step in steps if errors[step] < min(1, persistence[step]) * (1 - NO_TURN)]
    told = [
        f"{step} {_lags(step)} ahead: {_compared(errors[step], persistence[step], 'persistence')}, "
        f"{_compared(errors[step], 1.0, 'mean')}"
        for step in dict.fromkeys((steps[0], steps[-1]))
    ]
    if not better:
        where = "not better than both at any step"
    elif len(better) == len(steps):
        where = "better than both at every step"
    else:
        first, last = better[0], better[-1]
        if better == list(steps[: len(better)]):
            span = f"up to {last} {_lags(last)} ahead"
        elif better == list(steps[-len(better) :]):
            span = f"from {first} lags ahead on"
        else:
            span = f"between {first} and {last} lags ahead" if first < last else f"{first} lags ahead"
        where = f"better than both at {len(better)} of {len(steps)} steps, {span}"
    return f"forecast {'; '.join(told)}; {where}"


def _lags(count: int) -> str:
    return "lag" if count == 1 else "lags"


def _judged_fields(metrics: Metrics, resolution: str) -> str:
    """Of the solutions of an operator, for parameters that it has not seen."""
    error = metrics[f"relative_l2_{resolution}"]
    keys = {name: f"{name}_relative_l2_{resolution}" for name in REFERENCES}
    references = {name: metrics[key] for name, key in keys.items() if key in metrics}
    told = ", ".join(_compared(error, reference, name) for name, reference in references.items())
    better = error < min(references.values())
    return f"solutions on {resolution} points: {told}; {'better' if better else 'not better'} than {_all(references)}"


def _all(references: Metrics) -> str:
    return "both" if len(references) > 1 else "it"
