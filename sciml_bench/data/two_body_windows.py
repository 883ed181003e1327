"""Windows of two bodies on ellipses around their barycentre: simulated, with what gravity conserves as a measure."""

import numpy as np
from jaxtyping import Float

from sciml_bench.core.checks import ConfiguredInteger, require_integer
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.types import Metrics
from sciml_bench.data.sequence_windows import SPLITS, SequenceWindows, States
from sciml_bench.systems.ordinary.two_body import TwoBody

_STENCIL = np.array([1 / 280, -4 / 105, 1 / 5, -4 / 5, 0.0, 4 / 5, -1 / 5, 4 / 105, -1 / 280])
"""Of the central difference of order 8."""
_LARGEST_DRIFT = 1e6
"""Drifts above, also of a motion that is no longer finite, count as this, so that means stay finite."""


class TwoBodyWindows(SequenceWindows):
    """Positions (2 bodies, 2 axes) on random ellipses, integrated with tolerance 1e-12.

    Args:
        system: the masses.
        n_train: training trajectories.
        n_validation: trajectories for the choice of the best weights.
        n_test: trajectories for the evaluation.
        n_states: states of a training or validation trajectory.
        n_test_states: the same for the test trajectories.
        semi_major_axis: smallest and largest of the displacement's ellipses, drawn uniformly.
        eccentricity: smallest and largest, drawn uniformly.
        data_seed: of the ellipses.
        **options: n_inputs, n_outputs, time_step, batch_size, windows_per_epoch, dtype as in `SequenceWindows`.

    Raises:
        ConfigurationError: a value is out of range.
    """

    def __init__(
        self,
        system: TwoBody,
        *,
        n_train: ConfiguredInteger = 64,
        n_validation: ConfiguredInteger = 8,
        n_test: ConfiguredInteger = 16,
        n_states: ConfiguredInteger = 400,
        n_test_states: ConfiguredInteger = 2050,
        semi_major_axis: list[float | int] | tuple[float | int, ...] = (0.8, 1.2),
        eccentricity: list[float | int] | tuple[float | int, ...] = (0.0, 0.4),
        data_seed: ConfiguredInteger = 0,
        **options: object,
    ) -> None:
        super().__init__(**options)  # pyright: ignore[reportArgumentType]
        self._system = system
        counts = {"train": n_train, "validation": n_validation, "test": n_test}
        self.n_trajectories = {
            split: require_integer(f"data.n_{split}", count, 1, "use at least 1 trajectory")
            for split, count in counts.items()
        }
        states = require_integer("data.n_states", n_states, 2, "a trajectory needs at least 2 states")
        test_states = require_integer("data.n_test_states", n_test_states, 2, "a trajectory needs at least 2 states")
        self.n_states = {"train": states, "validation": states, "test": test_states}
        if len(semi_major_axis) != 2 or not 0 < semi_major_axis[0] <= semi_major_axis[1] < np.inf:
            raise ConfigurationError(f"data.semi_major_axis={list(semi_major_axis)}: give two increasing lengths")
        if len(eccentricity) != 2 or not 0 <= eccentricity[0] <= eccentricity[1] < 1:
            raise ConfigurationError(f"data.eccentricity={list(eccentricity)}: give two increasing numbers in [0, 1)")
        self.semi_major_axis = semi_major_axis[0], semi_major_axis[1]
        self.eccentricity = eccentricity[0], eccentricity[1]
        self.data_seed = require_integer("data.data_seed", data_seed, 0, "a seed is a whole number and not negative")

    @property
    def component_names(self) -> tuple[str, ...]:
        """x and y."""
        return ("x", "y")

    @property
    def body_names(self) -> tuple[str, ...]:
        """Of the bodies."""
        return ("body 1", "body 2")

    @property
    def system(self) -> TwoBody:
        """The masses."""
        return self._system

    def load(self) -> dict[str, States]:
        """Simulate.

        Raises:
            SolverError: an integration broke down.
        """
        return {split: self._simulated(split, number) for number, split in enumerate(SPLITS)}

    def _simulated(self, split: str, number: int) -> States:
        rng = np.random.default_rng((self.data_seed, number))
        count, n_states = self.n_trajectories[split], self.n_states[split]
        sizes, flatnesses = (rng.uniform(low, high, count) for low, high in (self.semi_major_axis, self.eccentricity))
        angles = rng.uniform(0, 2 * np.pi, (2, count))
        starts = self._system.orbit_state(sizes, flatnesses, angles[0], angles[1])
        states = self._system.reference(starts, self.time_step * np.arange(n_states))
        return states[..., :4].reshape(count, n_states, 2, 2)

    def roll_out_metrics(
        self,
        prediction: Float[np.ndarray, "batch time bodies axes"],
        reference: Float[np.ndarray, "batch time bodies axes"],
    ) -> Metrics:
        """By how much energy and angular momentum leave those of the truth, relative to these.

        `energy_drift`, `angular_momentum_drift`: the largest over time, averaged over trajectories; with `_median`
        appended the median over trajectories, and with `_reference` what the same measurement finds for the truth.
        Velocities come from central differences of order 8.
        """
        metrics: Metrics = {}
        if reference.shape[1] < len(_STENCIL):
            return metrics
        true_states, states = self.with_velocities(reference), self.with_velocities(prediction)
        for name in ("energy", "angular_momentum"):
            quantity = getattr(self._system, name)
            expected = quantity(true_states).mean(axis=1, keepdims=True)
            for found, suffix in ((states, ""), (true_states, "_reference")):
                with np.errstate(all="ignore"):
                    drift = np.abs(quantity(found) / expected - 1).max(axis=1)
                drift = np.minimum(np.nan_to_num(drift, nan=_LARGEST_DRIFT, posinf=_LARGEST_DRIFT), _LARGEST_DRIFT)
                metrics[f"{name}_drift{suffix}"] = float(drift.mean())
                if not suffix:
                    metrics[f"{name}_drift_median"] = float(np.median(drift))
        return metrics

    def with_velocities(
        self, positions: Float[np.ndarray, "batch time bodies axes"]
    ) -> Float[np.ndarray, "batch inner 8"]:
        """States of the system from positions alone, by central differences of order 8.

        Args:
            positions: at least nine.

        Returns:
            Positions and velocities, without the first and last four times.
        """
        flat = positions.astype(np.float64).reshape(*positions.shape[:2], 4)
        n_inner = flat.shape[1] - len(_STENCIL) + 1
        parts = (weight * flat[:, k : k + n_inner] for k, weight in enumerate(_STENCIL))
        return np.concatenate([flat[:, 4:-4], sum(parts) / self.time_step], axis=-1)
