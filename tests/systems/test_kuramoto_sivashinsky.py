"""Kuramoto–Sivashinsky beside an independent solver, its symmetries, and its chaos."""

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems import KuramotoSivashinsky
from sciml_bench.systems.numerics.periodic_flow import PeriodicFlow, kept_modes

SYSTEM = KuramotoSivashinsky(n_points=48, hyperviscosity=1.3)


def by_another_solver(u: np.ndarray, times: np.ndarray) -> np.ndarray:
    """The collocation method with complex transforms on the points themselves, by Dormand and Prince."""
    k = 2 * np.pi / SYSTEM.length * np.fft.fftfreq(len(u), 1 / len(u))

    def rate(t: float, u: np.ndarray) -> np.ndarray:
        spectrum = np.fft.fft(u)
        slope, linear = np.fft.ifft(1j * k * spectrum).real, np.fft.ifft((k**2 - 1.3 * k**4) * spectrum).real
        return linear - u * slope

    return solve_ivp(rate, (0, times[-1]), u, "DOP853", t_eval=times, rtol=1e-9, atol=1e-9).y.T


def test_fields_are_those_of_another_solver() -> None:
    start, times = SYSTEM.default_initial_state, np.array([0.0, 0.3, 1.2])
    found = SYSTEM.reference(start, times)
    np.testing.assert_allclose(found, by_another_solver(start, times), atol=2e-5)
    assert np.abs(found[-1] - start).max() > 0.3


def test_errors_fall_with_the_fourth_power_of_the_step() -> None:
    start, times = SYSTEM.random_states(1, np.random.default_rng(0))[0], np.array([0.0, 1.0])
    ends = [
        KuramotoSivashinsky(n_points=48, hyperviscosity=1.3, largest_step=1.0 / n).reference(start, times)[-1]
        for n in (80, 160, 320, 2560)
    ]
    errors = np.array([np.abs(end - ends[-1]).max() for end in ends[:-1]])
    np.testing.assert_allclose(np.log2(errors[:-1] / errors[1:]), 4, atol=0.25)


def test_the_mean_stays_and_carries_the_field_along() -> None:
    start, times = SYSTEM.default_initial_state, np.array([0.0, 5.5])
    still, carried = SYSTEM.reference(start, times)[-1], SYSTEM.reference(start + 4, times)[-1]
    assert SYSTEM.mean(carried[None]) == pytest.approx(4, abs=1e-12)  # a whole turn in 22 / 4
    np.testing.assert_allclose(carried - 4, still, atol=1e-3)


def test_a_small_wave_grows_as_its_length_says() -> None:
    k = 2 * np.pi * 2 / SYSTEM.length
    wave = 1e-8 * np.cos(k * SYSTEM.grid)
    end = SYSTEM.reference(wave, np.array([0.0, 3.0]))[-1]
    np.testing.assert_allclose(end, np.exp(3 * (k**2 - 1.3 * k**4)) * wave, atol=1e-13)


def test_the_vector_field_is_the_slope_of_the_motion() -> None:
    start = SYSTEM.sample(1, seed=3, burn_in=20.0)[0, 0]
    near = SYSTEM.reference(start, np.array([0.0, 1e-3, 2e-3]))
    slope = SYSTEM.vector_field(0.0, torch.from_numpy(near[1])).numpy()
    np.testing.assert_allclose((near[2] - near[0]) / 2e-3, slope, atol=1e-4)


def test_random_fields_do_not_depend_on_the_points() -> None:
    coarse, fine = (KuramotoSivashinsky(n_points=n).random_states(2, np.random.default_rng(1)) for n in (32, 64))
    np.testing.assert_allclose(fine[:, ::2], coarse, atol=1e-12)
    np.testing.assert_allclose(fine.mean(axis=1), 0, atol=1e-12)


def test_parameters_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="n_points = 4: give at least 8"):
        KuramotoSivashinsky(n_points=4)
    with pytest.raises(ConfigurationError, match="hyperviscosity"):
        KuramotoSivashinsky(hyperviscosity=-1.0)
    with pytest.raises(NotImplementedError, match="lyapunov_time"):
        _ = SYSTEM.lyapunov_time


@pytest.mark.slow
@pytest.mark.parametrize(("length", "duration"), [(22.0, 4000), (32 * np.pi, 800)])
def test_a_small_difference_grows_by_e_in_a_lyapunov_time(length: float, duration: int) -> None:
    system, n, size = KuramotoSivashinsky(length=length, n_points=64 if length < 50 else 220), 6, 1e-7
    modes = kept_modes(system.sample(1, seed=7, n_trajectories=n, burn_in=300.0)[:, 0], system.n_modes)
    difference = np.zeros_like(modes)
    difference[:, 1:6] = size
    flow, growth = PeriodicFlow(system.table, length, system.n_modes, 0.1), []
    for _ in range(duration // 2):
        both = flow.advance(np.concatenate([modes, modes + difference]), 20)
        modes, difference = both[:n], both[n:] - both[:n]
        factor = np.linalg.norm(difference, axis=1) / size
        difference /= factor[:, None]
        growth.append(np.log(factor))
    exponent = np.mean(growth[50:]) / 2
    assert exponent * system.lyapunov_time == pytest.approx(1, abs=0.1)
