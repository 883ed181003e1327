"""What a window of data and some coefficients lead to: the state, and the integral of the terms along it."""

import numpy as np
import pytest
import torch
from discovery_cases import library
from scipy.interpolate import CubicSpline

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.mechnn import DiscoveryNetwork

TIMES = np.linspace(0, 2, 41)
WINDOWS = np.stack([np.stack([np.sin(TIMES + p), np.cos(2 * TIMES + p)], axis=1) for p in (0.0, 1.0)])


def network_of(**options):
    torch.manual_seed(0)
    return DiscoveryNetwork(library(2).spec, **{"degree": 2, "window": 41, "hidden_width": 8, **options})


@pytest.mark.parametrize("own_steps", [False, True])
def test_the_solution_starts_at_the_smoothed_state_and_integrates_its_terms(own_steps):
    model = network_of(coefficients="flat")
    xi = np.random.default_rng(0).standard_normal((6, 2))
    model.start.copy_(torch.from_numpy(xi))
    steps = torch.from_numpy(np.diff(TIMES))[None]
    if own_steps:
        steps = torch.cat([steps, 2 * steps])
    found = model.solution(torch.from_numpy(WINDOWS), steps).detach().numpy()
    for number, window in enumerate(WINDOWS):
        x, y = window.T
        terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
        clock = TIMES * (2 if own_steps and number else 1)
        integral = CubicSpline(clock, terms @ xi).antiderivative()(clock)
        np.testing.assert_allclose(found[number], window[0] + integral, atol=1e-4)


def test_before_training_the_data_are_left_as_they_are():
    np.testing.assert_array_equal(network_of().smoothed(torch.from_numpy(WINDOWS)).detach(), WINDOWS)


@pytest.mark.parametrize("kind", ["flat", "network"])
def test_coefficients_are_the_start_and_what_was_learned_in_other_coordinates(kind):
    model, rng = network_of(coefficients=kind), np.random.default_rng(0)
    start, mixing = rng.standard_normal((6, 2)), rng.standard_normal((2, 6, 6))
    model.start.copy_(torch.from_numpy(start))
    model.preconditioner.copy_(torch.from_numpy(mixing))
    model.mask[3, 1] = False
    if kind == "flat":
        torch.nn.init.normal_(model.scaled)
    scaled = model.scaled_coefficients().detach().double().numpy()
    expected = start + np.stack([mixing[d] @ scaled[:, d] for d in (0, 1)], axis=1)
    expected[3, 1] = 0.0
    np.testing.assert_allclose(model.coefficients().detach(), expected, rtol=1e-6, atol=1e-7)


def untrained():
    """A network whose smoother does something that is not small."""
    model = network_of(window=5)
    torch.nn.init.normal_(model.smoother[-1].weight, std=0.5)
    return model, np.random.default_rng(0).standard_normal((30, 2))


def test_no_window_of_a_past_reaches_across_missing_rows():
    model, rows = untrained()
    times = 0.1 * np.delete(np.arange(33), [12, 13, 14])  # the clock of the record
    found = model.smoothed_rows(times, rows)
    whole = model.smoothed_rows(0.1 * np.arange(30), rows)
    np.testing.assert_allclose(found[:12], model.smoothed_rows(0.1 * np.arange(12), rows[:12]), rtol=1e-5)
    np.testing.assert_allclose(found[12:], model.smoothed_rows(0.1 * np.arange(18), rows[12:]), rtol=1e-5)
    assert np.abs(found - whole)[9:15].min(axis=1).max() > 0.01
    np.testing.assert_allclose(found[:8], whole[:8], rtol=1e-5)


def test_pieces_shorter_than_a_window_and_rows_on_another_clock_stay_as_they_are():
    model, rows = untrained()
    assert np.abs(model.smoothed_rows(0.1 * np.arange(30), rows) - rows).max() > 0.1
    for other in (0.05, 0.2):
        np.testing.assert_array_equal(model.smoothed_rows(other * np.arange(30), rows), rows)
    times = 0.1 * np.concatenate([np.arange(4), 7 + np.arange(26)])
    np.testing.assert_array_equal(model.smoothed_rows(times, rows)[:4], rows[:4])


def test_a_window_of_two_rows_is_refused():
    with pytest.raises(ConfigurationError, match=r"model\.window=2"):
        network_of(window=2)
