"""Every score of a fitted operator that the data allow, with the arrays and figures behind them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.types import Metrics
from sciml_bench.data.lazy_states import iterate_blocks, read_block
from sciml_bench.data.module import TrajectoryData
from sciml_bench.data.standardization import Standardization
from sciml_bench.koopman.fitted import FittedOperator
from sciml_bench.koopman.oracle import trained_oracle
from sciml_bench.scores import (
    chapman_kolmogorov_test,
    classification_accuracy,
    implied_time_scales,
    implied_time_scales_with_bands,
    spectral_error,
    vamp_e_exact,
    vamp_score,
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
    "relative_forecast_error_step_1",
)
"""The metrics that say most; shown when a run has finished."""

SHOWN_IMAGES = 6
SHOWN_TIME_SCALES = 3
PAIRS_PER_MODE = 5
"""With fewer held-out pairs a score that whitens with them measures their number, not the features."""

LARGEST_BOOTSTRAPPED = 64
"""Features beyond which bands are left out: each of their samples solves an eigenvalue problem of that size."""

FORECAST_STARTS = 2000
"""Held-out states from which forecasts are scored."""


@dataclass
class Results:
    """What an evaluation found: flat metrics, and arrays for later analysis and for the pictures that they name."""

    metrics: Metrics = field(default_factory=dict)
    arrays: dict[str, Any] = field(default_factory=lambda: {"pictures": []})

    @property
    def figures(self) -> dict[str, Any]:
        """The pictures of the arrays."""
        from sciml_bench.drawing import pictures_of

        return pictures_of(self.arrays)


@dataclass(frozen=True)
class Evaluation:
    """Which scores are computed, and how far.

    Args:
        forecast_steps: forecasts reach so many lags ahead, and for images as many back.
        leading_eigenvalues: eigenvalues compared with the truth; 1 is the trivial one.
        quadrature_points: points of the exact kernel's discretisation.
        time_scale_lags: lags, in steps, at which implied time scales are estimated.
        n_bootstrap: samples behind every band.

    Raises:
        ConfigurationError: a number is not positive.
    """

    forecast_steps: int = 15
    leading_eigenvalues: int = 5
    quadrature_points: int = 400
    time_scale_lags: Sequence[int] = (1, 2, 3, 5, 8)
    n_bootstrap: int = 100

    def __post_init__(self) -> None:
        smallest = {"forecast_steps": 1, "leading_eigenvalues": 1, "quadrature_points": 10, "n_bootstrap": 2}
        for name, least in smallest.items():
            if getattr(self, name) < least:
                raise ConfigurationError(f"training.evaluation.{name}={getattr(self, name)}: take at least {least}")
        if len(self.time_scale_lags) == 0 or min(self.time_scale_lags) < 1:
            raise ConfigurationError(
                f"training.evaluation.time_scale_lags={self.time_scale_lags}: take lags from 1 step"
            )

    def __call__(self, fitted: FittedOperator, data: TrajectoryData) -> Results:
        """Evaluate on the validation and test blocks, and on the exact law where it is known."""
        results = Results()
        results.arrays["time_unit"] = data.spec.time_unit
        self._held_out_scores(fitted, data, results)
        self._spectrum(fitted, data, results)
        self._time_scales(fitted, data, results)
        if "test" in data.splits and data.labels("test") is not None and len(data.spec.state_shape) == 3:
            self._image_forecasts(fitted, data, results)
        else:
            self._state_forecasts(fitted, data, results)
        return results

    def _held_out_scores(self, fitted: FittedOperator, data: TrajectoryData, results: Results) -> None:
        for split in ("validation", "test"):
            if split not in data.splits:
                continue
            blocks = list(fitted.evaluated_pairs(data.pairs(split)))
            f_now, f_next, g_now, g_next = (np.concatenate(side) for side in list(zip(*blocks, strict=True))[:4])
            if len(f_now) >= PAIRS_PER_MODE * f_now.shape[1]:
                results.metrics[f"vamp_2_{split}"] = vamp_score(f_now, g_next)
            results.metrics[f"vamp_e_{split}"] = fitted.operator.score(f_now, f_next, g_now, g_next)

    def _spectrum(self, fitted: FittedOperator, data: TrajectoryData, results: Results) -> None:
        operator, system, lag = fitted.operator, data.system, data.lag
        eigenvalues, singular_values = operator.eigenvalues_, operator.singular_values_
        results.arrays |= {"eigenvalues": eigenvalues, "singular_values": singular_values}
        results.arrays["pictures"].append("spectrum")
        known = getattr(system, "known_facts", frozenset())
        if system is not None and data.standardization is None:
            if "eigenvalues" in known:
                exact_eigenvalues = system.eigenvalues(_count(system, self.leading_eigenvalues), lag)
                results.arrays["exact_eigenvalues"] = exact_eigenvalues
                results.metrics["spectral_error"] = spectral_error(
                    eigenvalues, exact_eigenvalues, n_leading=len(exact_eigenvalues)
                )
            if "singular_values" in known:
                exact_singular_values = system.singular_values(_count(system, len(singular_values)), lag)
                results.arrays["exact_singular_values"] = exact_singular_values
            if "quadrature" in known:
                self._exact_law(fitted, data, known, results)

    def _exact_law(self, fitted: FittedOperator, data: TrajectoryData, known: frozenset[str], results: Results) -> None:
        system, operator = data.system, fitted.operator
        if system is None:
            return
        rule = system.quadrature(self.quadrature_points)
        transition = np.linalg.matrix_power(rule.transition, data.lag)
        left, right = operator.singular_functions(fitted.f(rule.points), fitted.g(rule.points))
        score = vamp_e_exact(operator.singular_values_, left, right, rule.weights, transition)
        results.metrics["vamp_e_exact"] = score
        if "singular_values" in known:
            maximum = system.maximum_vamp_2(_count(system, left.shape[1]), data.lag)
            results.metrics["vamp_e_deficit"] = maximum - score
        if rule.points.shape[1] == 1:
            results.arrays |= {"points": rule.points[:, 0], "left_functions": left, "right_functions": right}
            results.arrays["stationary_weights"] = rule.weights
            if "singular_functions" in known:
                exact = system.singular_functions(_count(system, left.shape[1]), rule.points, data.lag)
                results.arrays |= {"exact_left_functions": exact[0], "exact_right_functions": exact[1]}
            results.arrays["pictures"].append("singular_functions")

    def _time_scales(self, fitted: FittedOperator, data: TrajectoryData, results: Results) -> None:
        """Implied time scales and the Chapman–Kolmogorov test on the training trajectories."""
        longest = min(data.spec.lengths)
        lags = [lag for lag in self.time_scale_lags if 25 * lag < longest]
        if not lags:
            return
        trajectories = [
            np.concatenate([fitted.f(block) for _, block in iterate_blocks(states)])
            for states in data.splits["train"].states
        ]
        n_scales = min(SHOWN_TIME_SCALES, trajectories[0].shape[1] - 1)
        if n_scales < 1 or trajectories[0].shape[1] > LARGEST_BOOTSTRAPPED:
            return
        step = data.spec.time_step
        try:
            bands = implied_time_scales_with_bands(
                trajectories, lags, n_scales=n_scales, time_step=step, n_bootstrap=self.n_bootstrap
            )
            test = chapman_kolmogorov_test(trajectories, data.lag, (1, 2, 4), n_bootstrap=self.n_bootstrap)
        except DataError:  # too little data for bands; the point estimates stand in the spectrum
            return
        results.arrays |= {
            "time_scale_lag_times": bands.lag_times,
            "time_scales": bands.estimates,
            "time_scales_lower": bands.lower,
            "time_scales_upper": bands.upper,
        }
        results.metrics["chapman_kolmogorov_violation"] = test.largest_violation
        if "exact_eigenvalues" in results.arrays:
            exact = results.arrays["exact_eigenvalues"][1 : n_scales + 1]
            results.arrays["exact_time_scales"] = implied_time_scales(exact, data.spec.lag_time)
        results.arrays["pictures"].append("implied_time_scales")

    def _image_forecasts(self, fitted: FittedOperator, data: TrajectoryData, results: Results) -> None:
        """Forecast labelled images ahead and back, and let the oracle read them."""
        train, test = data.splits["train"], data.splits["test"]
        n_classes = data.n_classes
        train_labels, test_labels = train.labels, test.labels
        if n_classes is None or train_labels is None or test_labels is None:
            return
        images, labels = _as_seen(data, test.flattened.reshape(-1, *data.spec.state_shape)), np.concatenate(test_labels)
        oracle = trained_oracle(
            _as_seen(data, train.flattened.reshape(-1, *data.spec.state_shape)), np.concatenate(train_labels), n_classes
        )
        oracle_accuracy = classification_accuracy(oracle.classify(images), labels)
        results.metrics["oracle_accuracy"] = oracle_accuracy
        reach = range(1, self.forecast_steps + 1)
        steps = [*(-step for step in reversed(reach)), *reach]
        accuracies, read, shown = [], [], []
        chosen = np.linspace(0, len(images) - 1, SHOWN_IMAGES).astype(int)
        for step, forecast in zip(
            steps, fitted.forecast(test.flattened.reshape(-1, *data.spec.state_shape), steps), strict=True
        ):
            forecast = _as_seen(data, forecast)
            readings = oracle.classify(forecast)
            true = (labels + step * data.lag) % n_classes
            accuracies.append(classification_accuracy(readings, true))
            name = f"accuracy_step_{step}" if step > 0 else f"accuracy_step_minus_{-step}"
            results.metrics[name] = accuracies[-1]
            read.append(readings[chosen])
            shown.append(forecast[chosen, 0])
        results.arrays |= {"forecast_steps": steps, "forecast_accuracy": accuracies, "forecast_images": np.stack(shown)}
        true = np.stack([(labels[chosen] + step * data.lag) % n_classes for step in steps])
        results.arrays |= {"given_images": images[chosen, 0], "forecast_correct": np.stack(read) == true}
        results.arrays |= {"oracle_accuracy": oracle_accuracy, "n_classes": n_classes}
        f, g = (
            fitted.f(test.flattened.reshape(-1, *data.spec.state_shape)),
            fitted.g(test.flattened.reshape(-1, *data.spec.state_shape)),
        )
        _, _, values = fitted.operator.eig(f, g)
        results.arrays |= {"eigenfunctions_test": values, "labels_test": labels}
        results.arrays["pictures"] += ["forecast_images", "accuracy_against_step", "eigenfunctions"]

    def _state_forecasts(self, fitted: FittedOperator, data: TrajectoryData, results: Results) -> None:
        """The error of the conditional expectation ahead, relative to that of the training mean."""
        split = "test" if "test" in data.splits else "validation"
        if split not in data.splits:
            return
        whole, lag = data.splits[split].states[0], data.lag
        states = read_block(whole, 0, min(whole.shape[0], FORECAST_STARTS + self.forecast_steps * lag)).astype(
            np.float64
        )
        steps = [step for step in range(1, self.forecast_steps + 1) if step * lag < len(states) - 1]
        if not steps:
            return
        starts = np.arange(0, len(states) - steps[-1] * lag)
        given, mean = states[starts], Standardization.fit(data.splits["train"]).mean.ravel()
        expected = []
        for step, forecast in zip(steps, fitted.forecast(given, steps), strict=True):
            true = states[starts + step * lag]
            error = np.sqrt(np.mean((forecast - true) ** 2))
            baseline = np.sqrt(np.mean((true.reshape(len(true), -1) - mean) ** 2))
            results.metrics[f"relative_forecast_error_step_{step}"] = float(error / baseline)
            expected.append(forecast[0].ravel())
        times = np.array(steps) * data.spec.lag_time
        true = states[[step * lag for step in steps]].reshape(len(steps), -1)
        results.arrays |= {"forecast_times": times, "forecast_states": np.stack(expected), "true_states": true}
        results.arrays["training_mean"] = mean
        results.arrays["pictures"].append("forecast")


def _count(system: Any, wanted: int) -> int:
    """As many exact values as are wanted and as there are."""
    return min(wanted, getattr(system, "n_states", wanted))


def _as_seen(data: TrajectoryData, states: np.ndarray) -> np.ndarray:
    """States in the units of the data set, whatever the network was given."""
    return states if data.standardization is None else data.standardization.inverse(states)
