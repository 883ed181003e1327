"""The block as a solver: a driven oscillator against SciPy."""

import numpy as np
import pytest
import torch
from discovery_cases import library
from scipy.integrate import solve_ivp

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.mechnn.linear_ode.block import LinearODEBlock
from sciml_bench.systems import DrivenOscillator

SYSTEM = DrivenOscillator(angular_frequency=2.0, damping_rate=0.3, drive_amplitude=0.7, drive_frequency=1.1)


def test_position_velocity_and_acceleration_of_a_driven_oscillator():
    times, start = np.linspace(0, 3, 121), [0.5, -1.0]

    def rates(t, x):
        return [x[1], 0.7 * np.cos(1.1 * t) - 0.3 * x[1] - 4.0 * x[0]]

    found = solve_ivp(rates, (0, 3), start, "DOP853", times, rtol=1e-11, atol=1e-11).y
    truth = np.stack([*found, 0.7 * np.cos(1.1 * times) - 0.3 * found[1] - 4.0 * found[0]], axis=1)
    block = LinearODEBlock(library().spec)
    errors = [
        np.abs(block(SYSTEM, torch.tensor(start).double(), torch.from_numpy(times), order).numpy() - truth).max()
        for order in (2, 4)
    ]
    assert errors[0] < 0.05
    assert errors[1] < 1e-4  # a higher Taylor order is more accurate


def test_orders_below_that_of_the_equation_are_refused():
    with pytest.raises(ConfigurationError, match=r"model\.taylor_orders"):
        LinearODEBlock(library().spec, taylor_orders=(1, 2))
