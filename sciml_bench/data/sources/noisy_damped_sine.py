"""A damped sine whose noise is damped with it, the trajectory that a learned linear ODE is first tried on.

y(t) = (sin ωt + σ N(0, 1)) e^{−δt} (Pervez, Locatello, Gavves, Mechanistic Neural Networks, ICML 2024): the noise is as
large beside the signal at the end as at the start, so whatever smooths it has to follow a signal of any size.
"""

from typing import Any

import numpy as np

from sciml_bench.core.checks import ConfiguredInteger, ConfiguredNumber, require_integer, require_number
from sciml_bench.data.record import Record
from sciml_bench.data.trajectories import Trajectories


class NoisyDampedSine(Record):
    """One trajectory of one component, with the truth beside it.

    Args:
        n_times: number of observations.
        end_time: of the last one; the first is at time 0.
        angular_frequency: ω, in 1/time.
        decay_rate: δ, in 1/time.
        noise_std: σ, beside a signal of amplitude 1.
        noise_seed: of the noise.
        **options: split, split_by, transforms as in `Record`.

    Raises:
        ConfigurationError: a value is out of range.
    """

    def __init__(
        self,
        n_times: ConfiguredInteger = 500,
        end_time: ConfiguredNumber = 50.0,
        angular_frequency: ConfiguredNumber = 2.0,
        decay_rate: ConfiguredNumber = 0.1,
        noise_std: ConfiguredNumber = 0.5,
        noise_seed: ConfiguredInteger = 0,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.state_shape = (1,)
        self.n_times = require_integer("data.n_times", n_times, 2, "observe at least 2 times")
        self.end_time = require_number("data.end_time", end_time, "give a positive time")
        self.angular_frequency = require_number("data.angular_frequency", angular_frequency, "give a positive number")
        self.decay_rate = require_number("data.decay_rate", decay_rate, "give a number of at least 0", positive=False)
        self.noise_std = require_number("data.noise_std", noise_std, "give a number of at least 0", positive=False)
        self.noise_seed = require_integer("data.noise_seed", noise_seed, 0, "a seed is a whole number, not negative")

    def load(self) -> Trajectories:
        """Evaluate the signal and draw the noise."""
        times = np.linspace(0, self.end_time, self.n_times)
        envelope = np.exp(-self.decay_rate * times)
        noise = self.noise_std * np.random.default_rng(self.noise_seed).standard_normal(self.n_times)
        clean = envelope * np.sin(self.angular_frequency * times)
        return Trajectories(
            ((clean + envelope * noise)[:, None],),
            time_step=float(np.median(np.diff(times))),
            time_unit="time",
            times=(times,),
            clean=(clean[:, None],),
        )
