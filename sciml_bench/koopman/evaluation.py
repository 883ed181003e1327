"""Every score of a learned operator that the data allow, with the arrays behind its pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Complex

from sciml_bench.core.checks import require_integer
from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.results import Results
from sciml_bench.core.types import Metrics
from sciml_bench.data.lazy_states import iterate_blocks, mapped
from sciml_bench.data.reading import tell_left_out
from sciml_bench.data.record import Record
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.koopman.feature_streams import evaluated_pairs
from sciml_bench.koopman.held_out_forecasts import image_forecasts, state_forecasts, whole_forecast_scores
from sciml_bench.koopman.kinetics.dihedral_maps import dihedral_maps
from sciml_bench.koopman.koopman_model import KoopmanModel
from sciml_bench.koopman.operator.self_adjoint import GENERATOR
from sciml_bench.koopman.told_drift import told_drift
from sciml_bench.koopman.told_modes import told_bias, told_generator, told_modes, told_overfitting
from sciml_bench.scores import (
    chapman_kolmogorov_test,
    implied_timescales,
    implied_timescales_with_bands,
    largest_violation,
    spectral_error,
    streamed_vamp_scores,
    timescale_error,
    vamp_e_exact,
)

HEADLINE = (
    "vamp_e_exact",
    "spectral_error",
    "vamp_e_test",
    "accuracy_step_1",
    "accuracy_step_5",
    "accuracy_step_10",
    "accuracy_step_15",
    "oracle_accuracy",
    "forecast_error_over_mean_step_1",
)
"""The metrics that say most; shown when a run has finished."""

SHOWN_TIMESCALES = 3
ROWS_PER_LAG = 25
"""Rows of a trajectory for every step of the longest lag at which timescales are estimated from it."""

PAIRS_PER_MODE = 5
"""With fewer held-out pairs a score that whitens with them measures their number, not the features."""

LARGEST_BOOTSTRAPPED = 64
"""Features beyond which bands are left out: each of their samples solves an eigenvalue problem of that size."""


@dataclass(frozen=True)
class Evaluation:
    """Which scores are computed, and how far.

    Args:
        forecast_steps: forecasts reach so many lags ahead, and for images as many back.
        leading_eigenvalues: eigenvalues compared with the truth; 1 is the trivial one.
        quadrature_points: points of the exact kernel's discretisation.
        timescale_lags: lags, in steps, at which implied timescales are estimated.
        n_bootstrap: samples behind every band.

    Raises:
        ConfigurationError: a number is not positive.
    """

    forecast_steps: int = 15
    leading_eigenvalues: int = 5
    quadrature_points: int = 400
    timescale_lags: Sequence[int] = (1, 2, 3, 5, 8)
    n_bootstrap: int = 100

    def __post_init__(self) -> None:
        smallest = {"forecast_steps": 1, "leading_eigenvalues": 1, "quadrature_points": 10, "n_bootstrap": 2}
        for name, least in smallest.items():
            require_integer(f"evaluation.{name}", getattr(self, name), least, f"take at least {least}")
        if len(self.timescale_lags) == 0 or min(self.timescale_lags) < 1:
            raise ConfigurationError(f"evaluation.timescale_lags={self.timescale_lags}: take lags from 1 step")

    def __call__(self, learned: KoopmanModel, record: Record) -> Results:
        """Evaluate on the validation and test parts, and on the exact law where it is known.

        Args:
            learned: the operator with its features.
            record: loaded; the one that was learned from, or another of the same states.

        Raises:
            DataError: the record has other states.
        """
        if record.spec.state_shape != learned.spec.state_shape:
            raise DataError(
                f"the record has states of the shape {record.spec.state_shape}; this operator was learned from states "
                f"of the shape {learned.spec.state_shape}"
            )
        spectrum = {"eigenvalues": learned.eigenvalues(), "singular_values": learned.singular_values()}
        residuals = {"eigenvalue_residuals": learned.eigenvalue_residuals()}
        arrays = {"time_unit": np.array(record.spec.time_unit), **spectrum, **residuals}
        unit = record.spec.time_unit
        seen = sum(learned.spec.lengths) * learned.spec.time_step
        notes = (
            told_modes(spectrum["eigenvalues"], learned.spec.lag_time, unit, seen, learned.constant_mode()),
            told_drift(record.splits["train"], unit),
            told_bias(record.splits["train"], learned.operator.method),
        )
        said = tuple(note for note in notes if note is not None)
        results = Results({}, arrays, ("spectrum",), said)
        if not learned.spec.dim_in:  # these scores are those of a law that does not change from row to row
            held_out = _held_out_scores(learned, record)
            results = results.joined(Results(held_out, notes=told_overfitting(held_out)))
            results = results.joined(self._exact_law(learned, record))
            results = results.joined(self._timescales(learned, record, results.arrays.get("exact_eigenvalues")))
            results = results.joined(dihedral_maps(learned, record))
        test, n_classes, oracle = record.splits.get("test"), record.spec.n_classes, learned.oracle
        if test is not None and test.labels is not None and n_classes is not None and oracle is not None:
            results = results.joined(image_forecasts(learned, oracle, test, n_classes, self.forecast_steps))
        else:
            results = results.joined(state_forecasts(learned, record, self.forecast_steps))
        return results.joined(Results(whole_forecast_scores(learned, record)))

    def eigenvalues_compared(self, eigenvalues: Complex[np.ndarray, " modes"], record: Record, lag: int) -> Results:
        """The leading eigenvalues beside those of the true law, which the system of the record knows.

        Args:
            eigenvalues: estimated.
            record: loaded.
            lag: steps over which they were estimated.
        """
        system: Any = record.spec.system
        exact = system.eigenvalues(_count(system, self.leading_eigenvalues), lag)
        metrics = {
            "spectral_error": spectral_error(eigenvalues, exact, n_leading=len(exact)),
            "timescale_error": timescale_error(eigenvalues, exact),
        }
        return Results(metrics, {"exact_eigenvalues": exact})

    def _exact_law(self, learned: KoopmanModel, record: Record) -> Results:
        """What the system knows of its own operator."""
        system: Any = record.spec.system
        known, lag = getattr(system, "known_facts", frozenset()), learned.spec.lag
        metrics: Metrics = {}
        arrays: dict[str, Any] = {}
        if "eigenvalues" in known:
            compared = self.eigenvalues_compared(learned.eigenvalues(), record, lag)
            arrays, metrics = dict(compared.arrays), dict(compared.metrics)
        singular_values = learned.singular_values()
        if "singular_values" in known:
            arrays["exact_singular_values"] = system.singular_values(_count(system, len(singular_values)), lag)
        if "quadrature" not in known:
            return Results(metrics, arrays)
        rule = system.quadrature(self.quadrature_points)
        transition = np.linalg.matrix_power(rule.transition, lag)
        left, right = learned.singular_functions(rule.points)
        metrics["vamp_e_exact"] = vamp_e_exact(singular_values, left, right, rule.weights, transition)
        if "singular_values" in known:
            maximum = system.maximum_vamp_2(_count(system, left.shape[1]), lag)
            metrics["vamp_e_deficit"] = maximum - metrics["vamp_e_exact"]
        if rule.points.shape[1] != 1:
            return Results(metrics, arrays)
        arrays |= {"points": rule.points[:, 0], "left_functions": left, "right_functions": right}
        arrays["stationary_weights"] = rule.weights
        if "singular_functions" in known:
            exact = system.singular_functions(_count(system, left.shape[1]), rule.points, lag)
            arrays |= {"exact_left_functions": exact[0], "exact_right_functions": exact[1]}
        # the first is the constant: a single one is no picture
        return Results(metrics, arrays, ("singular_functions",) if left.shape[1] > 1 else ())

    def _timescales(self, learned: KoopmanModel, record: Record, exact_eigenvalues: np.ndarray | None) -> Results:
        """Implied timescales and the Chapman–Kolmogorov test on the training trajectories."""
        part = record.splits["train"].between_gaps(2)
        longest, step, lag = max(part.lengths), record.spec.time_step, learned.spec.lag
        asked = sorted({*self.timescale_lags, *learned.spec.lags[1:]})
        lags = [lag for lag in asked if ROWS_PER_LAG * lag < longest]
        if not lags:
            return Results()
        part = _long_enough(part, ROWS_PER_LAG * max(lags))

        def features(rows: np.ndarray) -> np.ndarray:
            return np.concatenate([learned.f(block) for _, block in iterate_blocks(rows)])

        trajectories = [mapped(states, features) for states in part.states]  # of states on disk as they are read
        n_modes, several = trajectories[0].shape[1], learned.spec.lags[1:]
        multiples = [each // lag for each in several if each in lags and each % lag == 0] or [2, 4]
        n_scales = min(SHOWN_TIMESCALES, n_modes - 1)
        if n_scales < 1 or n_modes > LARGEST_BOOTSTRAPPED:
            return Results()
        try:
            options = {"n_bootstrap": self.n_bootstrap, "weights": part.weights}
            bands = implied_timescales_with_bands(trajectories, lags, n_scales=n_scales, time_step=step, **options)
            test = chapman_kolmogorov_test(trajectories, lag, (1, *multiples), **options)
        except DataError:  # too little data for bands; the point estimates stand in the spectrum
            return Results()
        arrays = {
            "timescale_lag_times": step * np.array(lags, dtype=float),
            "timescales": bands.estimates,
            "timescales_lower": bands.lower,
            "timescales_upper": bands.upper,
        }
        if exact_eigenvalues is not None:
            arrays["exact_timescales"] = implied_timescales(exact_eigenvalues[1 : n_scales + 1], lag * step)
        violation = largest_violation(*test)
        notes = [_told_lags(learned.spec.lags, lags, bands.estimates, record, violation)] if several else []
        if learned.operator.method == GENERATOR and part.weights is None:  # of a biased simulation the pairs are biased
            # of what has decayed little is left but noise, of which the largest eigenvalue is no estimate
            at = max([place for place, lag in enumerate(lags) if lag * step < bands.estimates[0, 0]], default=0)
            slowest, ends = learned.implied_timescales(), (float(bands.lower[at, 0]), float(bands.upper[at, 0]))
            notes += told_generator(slowest, ends, lags[at] * step, record.spec.time_unit)
        return Results({"chapman_kolmogorov_violation": violation}, arrays, ("implied_timescales",), tuple(notes))


def _told_lags(
    learned_from: Sequence[int], lags: Sequence[int], timescales: np.ndarray, record: Record, violation: float
) -> str:
    """Implied timescales at every lag that was learned from, and whether K(lag)ⁿ is K(n lag).

    What decays within a lag is left out: little more than noise is left of it.
    """
    step, unit = record.spec.time_step, record.spec.time_unit
    rows = [(lag * step, row) for lag, row in zip(lags, timescales, strict=True) if lag in learned_from]
    slow = [(lag, [f"{value:.4g}" for value in row if value > lag]) for lag, row in rows]
    told = "; ".join(f"{', '.join(values) or 'none longer'} at {lag:.4g}" for lag, values in slow)
    overlap = f"the bands of K(lag)ⁿ and K(n lag) {f'are {violation:.2g} apart' if violation else 'overlap'}"
    return f"implied timescales by lag [{unit}]: {told}; Chapman–Kolmogorov: {overlap}"


def _held_out_scores(learned: KoopmanModel, record: Record) -> Metrics:
    """VAMP-2 and VAMP-E over all held-out pairs, of which one block at a time is in memory."""
    metrics: Metrics = {}
    for split in ("validation", "test"):
        if split not in record.splits:
            continue
        pairs, operator = learned.pairs(record.splits[split], f"the {split} split"), learned.operator
        blocks = (
            tuple(
                np.ascontiguousarray(part * root)  # so that every product of two has the weight of the pair
                for part in (
                    f_now,
                    g_next,
                    operator.singular_functions(f_now, g_now)[0],
                    operator.singular_functions(f_next, g_next)[1],
                )
            )
            for f_now, f_next, g_now, g_next, _, _, *weights in evaluated_pairs(learned.features, pairs)
            for root in (np.sqrt(weights[0])[:, None] if weights else 1.0,)
        )
        vamp_2, vamp_e = streamed_vamp_scores(blocks, pairs.total_weight, learned.singular_values())
        if len(pairs) >= PAIRS_PER_MODE * operator.n_features_in_:
            metrics[f"vamp_2_{split}"] = vamp_2
        metrics[f"vamp_e_{split}"] = vamp_e
    return metrics


def _long_enough(part: Trajectories, n_rows: int) -> Trajectories:
    """The trajectories with more rows than that; a line names the others."""
    long_enough = [number for number, length in enumerate(part.lengths) if length > n_rows]
    tell_left_out(part, long_enough, f"the implied timescales, which need more than {n_rows} rows")
    return part.select(trajectories=long_enough)


def _count(system: Any, wanted: int) -> int:
    """As many exact values as are wanted and as there are."""
    return min(wanted, getattr(system, "n_states", wanted))
