"""Where states go and how that depends on them and on the coefficients, against closed forms."""

import numpy as np
import torch
from discovery_cases import library, support_of
from scipy.linalg import expm

from sciml_bench.mechnn.discovery import flow_sensitivity
from sciml_bench.mechnn.discovery.flow_sensitivity import arrivals, flow

STATES = np.array([[1.0, -0.5], [0.3, 2.0], [-1.2, 0.4]])
INTERVALS = np.array([0.4, 0.7, 0.0])


def differences(function, values, step=1e-6):
    """∂ function / ∂ values along the last axis."""
    shifts = step * np.eye(len(values))
    return np.stack([(function(values + d) - function(values - d)) / (2 * step) for d in shifts], axis=-1)


def test_a_linear_field_moves_states_by_its_matrix_exponential():
    terms = library(2, 1)
    entries = {("y", 0): 1.5, ("x", 1): -2.0, ("y", 1): -0.3, ("x", 0): 0.2}
    coefficients, support = support_of(terms, entries)
    order = [(t, d) for t, d in np.argwhere(support)]

    def matrix(values):
        field = np.zeros((2, 2))
        for (term, component), value in zip(order, values, strict=True):
            field[component, term - 1] = value
        return field

    values = coefficients[support]
    arguments = (torch.from_numpy(STATES), torch.from_numpy(INTERVALS))
    arrived, by_state, by_coefficient = flow(terms, coefficients, support, *arguments, 40)
    for row, (x, t) in enumerate(zip(STATES, INTERVALS, strict=True)):
        propagator = expm(matrix(values) * t)
        np.testing.assert_allclose(arrived[row], propagator @ x, rtol=1e-6)
        np.testing.assert_allclose(by_state[row], propagator, rtol=1e-6, atol=1e-8)
        expected = differences(lambda v, x=x, t=t: expm(matrix(v) * t) @ x, values)
        np.testing.assert_allclose(by_coefficient[row], expected, rtol=1e-5, atol=1e-7)


def test_logistic_growth_depends_on_its_rates_as_the_closed_form_does():
    terms = library(1, 2)
    coefficients, support = support_of(terms, {("x", 0): 1.2, ("x^2", 0): -0.8})

    def grown(arguments, t=0.9):
        x, rate, crowding = arguments
        return np.array([rate * x / (crowding * x + (rate - crowding * x) * np.exp(-rate * t))])

    start = torch.tensor([[0.4]], dtype=torch.float64)
    arrived, by_state, by_coefficient = flow(terms, coefficients, support, start, torch.tensor([0.9]).double(), 50)
    expected = differences(grown, np.array([0.4, 1.2, 0.8]))[0]
    np.testing.assert_allclose(arrived[0], grown([0.4, 1.2, 0.8]), rtol=1e-7)
    np.testing.assert_allclose(by_state[0, 0], expected[:1], rtol=1e-6)
    np.testing.assert_allclose(by_coefficient[0, 0], expected[1:] * [1, -1], rtol=1e-6)


def test_steps_are_of_the_eighth_order():
    terms = library(2, 1)
    coefficients, support = support_of(terms, {("y", 0): 2.0, ("x", 1): -2.0})
    exact = expm(np.array([[0.0, 4.0], [-4.0, 0.0]])) @ [1.0, 0.0]
    start, interval = torch.tensor([[1.0, 0.0]]).double(), torch.tensor([2.0]).double()
    arrived = [flow(terms, coefficients, support, start, interval, n)[0][0].numpy() for n in (2, 4)]
    errors = [np.abs(found - exact).max() for found in arrived]
    assert 2**7.5 < errors[0] / errors[1] < 2**8.5


def test_many_rows_are_carried_a_few_at_a_time(monkeypatch):
    terms = library(2, 2)
    coefficients, support = support_of(terms, {("y", 0): 2.0, ("x", 1): -2.0, ("x y", 1): 0.3})
    states = torch.from_numpy(np.random.default_rng(0).standard_normal((50, 2)))
    asked = (states, torch.linspace(0, 1, 50).double(), 2)
    together = flow(terms, coefficients, support, *asked)
    monkeypatch.setattr(flow_sensitivity, "_MOST_NUMBERS", 4000)
    assert [len(part[0]) for part in flow_sensitivity._parts(*asked[:2], None, 7)] == [7] * 7 + [1]
    for found, expected in zip(flow(terms, coefficients, support, *asked), together, strict=True):
        torch.testing.assert_close(found, expected, rtol=1e-13, atol=1e-14)
    torch.testing.assert_close(arrivals(terms, coefficients, *asked), together[0], rtol=1e-13, atol=1e-14)
