"""Exponential Runge–Kutta: its functions as integrals, its order on an equation with a closed form."""

from math import factorial

import numpy as np
import pytest
from scipy.integrate import quad

from sciml_bench.systems.numerics.exponential_integrator import ExponentialStep, phi_functions


@pytest.mark.parametrize("z", [0.0, -1e-9, -1e-3, -0.3, -0.999, -1.0, -1.5, -10.0, -500.0, -1e6])
def test_phi_functions_are_moments_of_the_exponential(z: float):
    for order, value in enumerate(phi_functions(np.array([z])), start=1):
        ends = (0.0, min(1.0, 50 / max(-z, 1e-300)))
        # φ_k(z) = ∫ e^{sz} (1 − s)^{k−1} / (k − 1)! ds over the unit interval
        integral = quad(lambda s, k=order: np.exp(s * z) * (1 - s) ** (k - 1) / factorial(k - 1), *ends, epsrel=1e-13)
        assert value[0] == pytest.approx(integral[0], rel=1e-11, abs=1e-14)


def errors_on_bernoullis_equation(decay: float) -> np.ndarray:
    """u' = −λ u + u², u(0) = ½, at the time 1."""
    errors = []
    for n_steps in (8, 16, 32):
        step = ExponentialStep(np.array([decay]), 1 / n_steps)
        end = step.advance(np.array([[0.5 + 0j]]), lambda u: u**2, n_steps)[0, 0].real
        exact = 1 / (2 - 1) if decay == 0 else decay / (1 + (decay / 0.5 - 1) * np.exp(decay))
        errors.append(abs(end - exact))
    return np.array(errors)


@pytest.mark.parametrize("decay", [0.0, 0.7, 5.0])
def test_errors_fall_with_the_fourth_power_of_the_step(decay: float):
    errors = errors_on_bernoullis_equation(decay)
    assert errors[-1] < 1e-6
    np.testing.assert_allclose(np.log2(errors[:-1] / errors[1:]), 4, atol=0.4)


def test_stiff_linear_decay_towards_a_constant_is_exact():
    decay = np.array([0.0, 1.0, 1e5])
    end = ExponentialStep(decay, 0.5).advance(np.ones((1, 3), dtype=complex), lambda u: np.full_like(u, 2.0), 2)
    expected = [3.0, 2 - np.exp(-1.0), 2e-5]
    np.testing.assert_allclose(end[0], expected, rtol=1e-12)
