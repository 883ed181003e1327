"""What a record conserves is told as a formula, and does not stand in the way of its equations."""

import numpy as np
import pytest
import torch
from discovery_cases import whole
from hypothesis import given, settings
from hypothesis import strategies as st

from sciml_bench.mechnn import BasisLibrary, EquationDiscovery
from sciml_bench.mechnn.discovery.basis_library import determined_terms
from sciml_bench.mechnn.discovery.findings.invariants import invariants
from sciml_bench.mechnn.discovery.selection.sparse_regression import sparse_regression

RNG = np.random.default_rng(0)


def told(rows: np.ndarray, names: list[str], degree: int = 2) -> tuple[str, ...]:
    library = BasisLibrary(whole(np.arange(float(len(rows))), rows, component_names=names).spec, degree)
    variables = torch.from_numpy(rows)
    return invariants(library, variables, determined_terms(library, library(variables).numpy()))


def test_a_sum_that_stays_is_told_once_and_not_times_every_monomial() -> None:
    parts = RNG.uniform(0, 300, (60, 2))
    rows = np.column_stack([1000 - parts.sum(axis=1), parts])
    assert told(rows, ["susceptible", "infected", "recovered"]) == ("susceptible + infected + recovered = 1000",)


def test_an_energy_is_told_by_the_squares() -> None:
    angle = RNG.uniform(0, 6, 50)
    assert told(np.stack([np.cos(angle), 2 * np.sin(angle)], axis=1), ["x", "v"]) == ("x^2 + 0.25 v^2 = 1",)


def test_what_never_changes_and_what_mirrors_another_are_told_apart() -> None:
    x = RNG.standard_normal(40)
    assert told(np.stack([x, np.full(40, 3.5), -2 * x], axis=1), ["x", "gain", "y"]) == ("gain = 3.5", "x + 0.5 y = 0")
    assert told(np.stack([x, np.zeros(40)], axis=1), ["x", "still"], 1) == ("still = 0",)


def test_a_free_record_keeps_nothing() -> None:
    assert told(RNG.standard_normal((40, 3)), ["a", "b", "c"]) == ()


def test_nothing_is_kept_just_because_it_is_far_from_the_origin() -> None:
    assert told(RNG.standard_normal((60, 2)) + 1e6, ["a", "b"]) == ()
    assert told(np.repeat([[0.0], [1.0]], 30, axis=0), ["on"]) == ("on - on^2 = 0",)


def test_of_a_record_full_of_relations_the_first_are_told_and_no_more_are_looked_for(monkeypatch) -> None:
    """A signal and its past: nearly every product is determined by the others."""
    searched = []

    def counted(*given):
        searched.append(given[0].shape)
        return sparse_regression(*given)

    monkeypatch.setattr("sciml_bench.mechnn.discovery.findings.invariants.sparse_regression", counted)
    wave = np.sin(0.3 * np.arange(400))
    rows = np.stack([wave[lag : 300 + lag] for lag in range(6)], axis=1)
    relations = told(rows, ["x", *(f"x[-{lag}]" for lag in range(1, 6))], 3)
    assert 0 < len(relations) <= len(searched) <= 20


@settings(max_examples=30, deadline=None)
@given(st.floats(-9, 9), st.floats(-9, 9))
def test_the_value_follows_the_unit(first: float, second: float) -> None:
    a = RNG.uniform(0, 1, 30)
    rows = np.stack([10.0**first * a, 10.0**second * (1 - a)], axis=1)
    (text,) = told(rows, ["a", "b"], 1)
    left, value = text.split(" = ")
    assert float(value) == pytest.approx(10.0**first, rel=1e-5)
    factor = left.removeprefix("a + ").removesuffix("b").strip()
    assert float(factor or 1) == pytest.approx(10.0 ** (first - second), rel=1e-5)


def test_equations_are_found_in_what_is_free_and_the_invariant_stays_with_them() -> None:
    times = 0.05 * np.arange(200)
    rows = np.stack([np.cos(times), -np.sin(times), np.full(200, 3.0)], axis=1)
    view = whole(times, rows, component_names=["x", "v", "gain"])
    method = EquationDiscovery(BasisLibrary(view.spec, 2), view)
    method.fit()
    entries = method.record_entries()
    assert entries["equations"] == ["dx/dt = 1 v", "dv/dt = -1 x", "dgain/dt = 0"]
    assert entries["invariants"] == ["gain = 3", "x^2 + v^2 = 1"] == list(method.learned().invariants)
