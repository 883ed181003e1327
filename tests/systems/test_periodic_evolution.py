"""The solver of evolution equations on waves whose decay is known."""

import numpy as np
import pytest

from sciml_bench.systems import Burgers, ReactionDiffusion
from sciml_bench.systems.partial.periodic_evolution import RoughInitialFields, StepsTooLarge, StructuresTooFine

TURN = 2 * np.pi
X = np.arange(64) / 64


def test_a_wave_of_vanishing_height_decays_by_diffusion_alone():
    equation = Burgers(viscosity=0.02, duration=0.5)
    times = np.array([0.0, 0.3, 1.0])
    found = equation.reference(1e-8 * np.sin(TURN * 2 * X)[None], times, 40)
    decay = np.exp(-0.02 * (2 * TURN) ** 2 * 0.5 * times)
    expected = 1e-8 * decay[:, None] * np.sin(TURN * 2 * np.arange(40) / 40)
    np.testing.assert_allclose(found[0], expected, atol=1e-13)


def test_steep_waves_are_those_of_the_cole_hopf_transform():
    viscosity, duration = 0.05, 0.4
    found = Burgers(viscosity=viscosity, duration=duration).reference(np.sin(TURN * X)[None], np.array([0.0, 1.0]), 64)
    # θ = exp(−∫u/2ν) obeys the heat equation, and u = −2ν θ_x/θ
    fine = np.arange(512) / 512
    theta = np.fft.rfft(np.exp(np.cos(TURN * fine) / (2 * viscosity * TURN)))
    k = TURN * np.arange(len(theta))
    theta = theta * np.exp(-viscosity * k**2 * duration)
    u = -2 * viscosity * np.fft.irfft(1j * k * theta) / np.fft.irfft(theta)
    np.testing.assert_allclose(found[0, 1], u[::8], atol=1e-6)


def test_a_constant_reacts_alike_everywhere():
    equation = ReactionDiffusion(viscosity=0.01, growth=3.0, duration=0.7)
    found = equation.reference(np.full((1, 64), 0.2), np.array([0.0, 0.5, 1.0]), 8)
    grown = 0.2 * np.exp(3.0 * 0.7 * np.array([0.0, 0.5, 1.0]))
    np.testing.assert_allclose(found[0], np.repeat((grown / (0.8 + grown))[:, None], 8, axis=1), atol=1e-8)


def test_what_a_resolution_cannot_hold_or_carry_is_refused():
    with pytest.raises(RoughInitialFields, match="choose one above 96"):
        Burgers(solver_resolution=32).reference(np.cos(TURN * 20 * X)[None], np.array([0.0]), 8)
    with pytest.raises(StructuresTooFine, match="does not carry"):
        Burgers(solver_resolution=24, viscosity=1e-4).reference(np.sin(TURN * X)[None], np.array([0.0, 1.0]), 8)
    with pytest.raises(StepsTooLarge, match="solver_step than 1"):
        Burgers(viscosity=1e-4, solver_step=1.0, duration=20.0).reference(
            1e3 * np.sin(TURN * X)[None], np.array([0.0, 1.0]), 8, refuse_unresolved=False
        )
