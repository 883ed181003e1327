"""The linear oscillator with damping and a periodic drive, solved in closed form.

u″ + c u′ + ω² u = F cos Ωt: what is given at the start decays with e^{−ct/2}, what the drive sustains remains.
"""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from jaxtyping import Float

from sciml_bench.systems.ordinary.ordinary_differential_equation import Motions, OrdinaryDifferentialEquation, Real


@dataclass(frozen=True)
class DrivenOscillator(OrdinaryDifferentialEquation):
    """Position and velocity of a linear oscillator; without damping and drive, the harmonic one.

    Args:
        angular_frequency: ω, in 1/time.
        damping_rate: c, in 1/time; not negative.
        drive_amplitude: F, in position/time².
        drive_frequency: Ω, in 1/time.

    Raises:
        ConfigurationError: the frequency is not positive, the damping negative, or an undamped oscillator is driven at
            its own frequency, where it has no bound.
    """

    angular_frequency: Real = 1.0
    damping_rate: Real = 0.0
    drive_amplitude: Real = 0.0
    drive_frequency: Real = 0.0
    dim: ClassVar[int] = 2
    default_time_step: ClassVar[float] = 0.05
    initial_deviation: ClassVar[tuple[float, ...]] = (1.0, 1.0)
    known_facts: ClassVar[frozenset[str]] = frozenset({"closed_form", "energy"})

    def __post_init__(self) -> None:
        self._require_positive("angular_frequency")
        self._require_finite("drive_amplitude", "drive_frequency")
        if self._real_parameter("damping_rate") < 0:
            raise self._bad_parameter("damping_rate", "give a number of at least 0")
        if self.drive_amplitude and not self.damping_rate and abs(self.drive_frequency) == self.angular_frequency:
            raise self._bad_parameter("drive_frequency", "without damping the drive needs another frequency")

    @property
    def default_initial_state(self) -> Float[np.ndarray, " dim"]:
        """At rest position, with velocity 1."""
        return np.array([0.0, 1.0])

    def _derivatives(self, t: Any, components: tuple[Any, ...]) -> tuple[Any, ...]:
        position, velocity = components
        cos = torch.cos if isinstance(t, torch.Tensor) else np.cos
        drive = self.drive_amplitude * cos(self.drive_frequency * t) if self.drive_amplitude else 0.0
        return velocity, drive - self.damping_rate * velocity - self.angular_frequency**2 * position

    def closed_form(self, x0: Float[np.ndarray, "*batch dim"], t: Float[np.ndarray, " time"]) -> Motions:
        """Position and velocity from `x0` at `t[0]` on: what is sustained, and the rest as it decays."""
        half = self.damping_rate / 2
        sustained = self._sustained(t)
        start, elapsed = x0 - sustained[0], t - t[0]
        frequency = np.sqrt(complex(self.angular_frequency**2 - half**2))
        decay, cosine = np.exp(-half * elapsed), np.cos(frequency * elapsed).real
        sine = (np.sin(frequency * elapsed) / frequency).real if frequency else elapsed
        position, velocity = start[..., :1], start[..., 1:]
        of_position = decay * (cosine + half * sine) * position + decay * sine * velocity
        of_velocity = decay * (cosine - half * sine) * velocity
        of_velocity = of_velocity - decay * self.angular_frequency**2 * sine * position
        return np.stack([of_position, of_velocity], axis=-1) + sustained

    def energy(self, x: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch"]:
        """u′²/2 + ω² u²/2, conserved without damping and drive."""
        return x[..., 1] ** 2 / 2 + self.angular_frequency**2 * x[..., 0] ** 2 / 2

    def _sustained(self, t: np.ndarray) -> Float[np.ndarray, "time dim"]:
        """Re[F e^{iΩt} / (ω² − Ω² + icΩ)] and its derivative."""
        if not self.drive_amplitude:
            return np.zeros((len(t), 2))
        own, drive = self.angular_frequency, self.drive_frequency
        response = self.drive_amplitude / (own**2 - drive**2 + 1j * self.damping_rate * drive)
        oscillation = response * np.exp(1j * drive * t)
        return np.stack([oscillation.real, (1j * drive * oscillation).real], axis=-1)
