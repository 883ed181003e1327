"""Integrals along windows, against those of polynomials."""

import numpy as np
import pytest
import torch

from sciml_bench.mechnn.linear_ode.integral import integrated

POLYNOMIALS = [np.polynomial.Polynomial(c) for c in ([1.0], [0.0, 2.0], [1.0, -1.0, 3.0])]


@pytest.mark.parametrize("own_steps", [False, True])
def test_polynomials_of_a_degree_below_the_order_are_integrated_exactly(own_steps):
    rng = np.random.default_rng(0)
    steps = rng.uniform(0.05, 0.2, (2 if own_steps else 1, 11))
    times = np.concatenate([np.zeros((len(steps), 1)), np.cumsum(steps, axis=1)], axis=1)
    if not own_steps:
        times = times.repeat(2, axis=0)
    scale = np.array([1.0, -2.0])[:, None]  # the windows differ
    rates = np.stack([scale * polynomial(times) for polynomial in POLYNOMIALS], axis=2)
    integrals = np.stack([scale * polynomial.integ()(times) for polynomial in POLYNOMIALS], axis=2)
    found = integrated(torch.from_numpy(rates), torch.from_numpy(steps), 3)
    np.testing.assert_allclose(found, integrals - integrals.mean(axis=1, keepdims=True), atol=1e-9)


def test_the_integral_of_a_wave_is_the_wave_a_quarter_later():
    times = np.linspace(0, 2 * np.pi, 201)[:-1]
    rates = torch.from_numpy(np.cos(times))[None, :, None]
    found = integrated(rates, torch.full((1, 199), times[1]).double(), 3)
    np.testing.assert_allclose(found[0, :, 0], np.sin(times), atol=1e-4)
