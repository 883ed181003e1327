"""Where states go and how that depends on them and on the coefficients, against closed forms."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from discovery_cases import library, support_of
from scipy.linalg import expm

from sciml_bench.mechnn import BasisLibrary
from sciml_bench.mechnn.discovery.flows import compiled_flow, flow_sensitivity
from sciml_bench.mechnn.discovery.flows.flow_sensitivity import arrivals, flow
from sciml_bench.mechnn.discovery.units import ScaledLibrary, Units

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


def cases_of_terms():
    spec = library(2, 1).spec
    driven = replace(spec, input_names=("u", "v"))
    scaled = ScaledLibrary(BasisLibrary(spec, 3), Units(np.array([0.2, 5.0]), 0.3), np.linspace(0.5, 4.0, 10))
    return {
        "constant": BasisLibrary(spec, 0),
        "quintic": BasisLibrary(library(1, 1).spec, 5),
        "waves": BasisLibrary(spec, 2, 3),
        "left out": BasisLibrary(spec, 3, 1, left_out=(1, 4, 7)),
        "inputs": BasisLibrary(driven, 2, 1),
        "scaled": scaled,
        "many components": BasisLibrary(library(6, 1).spec, 2),
    }


@pytest.mark.parametrize("name", cases_of_terms())
@pytest.mark.parametrize("n_rows", [1, compiled_flow.LANES, compiled_flow.LANES + 3])
def test_compiled_loops_and_tensors_agree(name, n_rows, monkeypatch):
    terms, draws = cases_of_terms()[name], np.random.default_rng(1)
    dim, n_inputs = terms.spec.dim, terms.spec.dim_in
    support = draws.random((terms.n_terms, dim)) < 0.7
    coefficients = np.where(support, 0.2 * draws.standard_normal(support.shape), 0.0)
    wanted = draws.random(support.shape) < 0.6  # also by coefficients that are zero
    states = torch.from_numpy(draws.uniform(-1, 1, (n_rows, dim)))
    inputs = torch.from_numpy(draws.standard_normal((n_rows, 2, n_inputs))) if n_inputs else None
    intervals = torch.from_numpy(draws.uniform(0, 0.3, n_rows))
    intervals[-1] = 0
    asked = states, intervals, 3, inputs
    found, arrived = flow(terms, coefficients, wanted, *asked), arrivals(terms, coefficients, *asked)
    monkeypatch.setattr(flow_sensitivity, "table_of", lambda _: None)  # as of a rational law
    expected = flow(terms, coefficients, wanted, *asked)
    for one, other in zip(found, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-12, atol=1e-13)
    torch.testing.assert_close(arrived, expected[0], rtol=1e-12, atol=1e-13)


def test_what_leaves_every_bound_is_not_finite():
    terms = library(1, 3)
    coefficients, support = support_of(terms, {("x^3", 0): 50.0})
    asked = torch.tensor([[9.0], [0.1]]).double(), torch.ones(2).double(), 1
    arrived, by_state, by_coefficient = flow(terms, coefficients, support, *asked)
    for found in (arrived, by_state, by_coefficient):
        assert not torch.isfinite(found[0]).any()
        assert torch.isfinite(found[1]).all()


def test_many_rows_are_carried_a_few_at_a_time(monkeypatch):
    monkeypatch.setattr(flow_sensitivity, "table_of", lambda _: None)
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
