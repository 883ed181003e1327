"""Integrators of others for the same problem: SciPy's solve_ivp and torchdiffeq, with a count of their evaluations.

All return u, u′ and u″ at the given times; u″ is the equation at the state that was found.
"""

from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from sciml_bench.systems import DrivenOscillator

SCIPY_METHODS = ("RK45", "DOP853", "Radau", "BDF", "LSODA")
FIXED_STEP_METHODS = ("rk4", "midpoint", "euler")
ADAPTIVE_METHODS = ("dopri5", "dopri8", "bosh3", "tsit5")


def scipy_solution(
    system: DrivenOscillator,
    start: Float[np.ndarray, "2"],
    times: Float[np.ndarray, " time"],
    method: str,
    tolerance: float,
) -> tuple[Float[np.ndarray, "time 3"], int]:
    """By solve_ivp.

    Args:
        system: the oscillator.
        start: position and velocity at the first time.
        times: increasing.
        method: of solve_ivp, such as RK45.
        tolerance: relative and absolute.

    Returns:
        the solution, and how often the equation was evaluated.
    """
    from scipy.integrate import solve_ivp

    own, damping = system.angular_frequency**2, system.damping_rate
    amplitude, drive = system.drive_amplitude, system.drive_frequency

    def equation(t: float, state: np.ndarray) -> tuple[float, float]:
        position, velocity = state.tolist()
        return velocity, amplitude * np.cos(drive * t) - damping * velocity - own * position

    found: Any = solve_ivp(
        equation, (times[0], times[-1]), start, method=method, t_eval=times, rtol=tolerance, atol=tolerance
    )
    position, velocity = found.y
    acceleration = amplitude * np.cos(drive * times) - damping * velocity - own * position
    return np.stack([position, velocity, acceleration], axis=-1), int(found.nfev)


def torchdiffeq_solution(
    system: DrivenOscillator,
    start: Float[np.ndarray, "2"],
    times: Float[np.ndarray, " time"],
    method: str,
    tolerance: float | None,
) -> tuple[Float[np.ndarray, "time 3"], int]:
    """By torchdiffeq's odeint, in double precision.

    Args:
        system: the oscillator.
        start: position and velocity at the first time.
        times: increasing; the steps of methods with fixed steps.
        method: of odeint, such as rk4 or dopri5.
        tolerance: relative and absolute; None for methods with fixed steps.

    Returns:
        the solution, and how often the equation was evaluated.
    """
    from torchdiffeq import odeint

    count = 0
    own, damping = system.angular_frequency**2, system.damping_rate
    matrix = torch.tensor([[0.0, 1.0], [-own, -damping]], dtype=torch.float64)
    drive = torch.tensor([0.0, system.drive_amplitude], dtype=torch.float64)

    def equation(t: torch.Tensor, state: torch.Tensor) -> torch.Tensor:
        nonlocal count
        count += 1
        undriven = matrix @ state  # as few operations as possible: each costs more than its arithmetic
        return undriven + drive * torch.cos(system.drive_frequency * t) if system.drive_amplitude else undriven

    accuracy = {} if tolerance is None else {"rtol": tolerance, "atol": tolerance}
    clock = torch.from_numpy(times)
    with torch.no_grad():
        found: Any = odeint(equation, torch.from_numpy(start), clock, method=method, **accuracy)
        acceleration = system.vector_field(clock, found)[:, 1:]
    return torch.cat([found, acceleration], dim=1).numpy(), count
