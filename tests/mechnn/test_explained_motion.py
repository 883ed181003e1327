"""Equations that explain nothing say so."""

import numpy as np
import pytest
from discovery_cases import library, support_of, whole
from scipy.integrate import solve_ivp

from sciml_bench.core.errors import SolverError
from sciml_bench.mechnn import BasisLibrary, EquationDiscovery
from sciml_bench.mechnn.discovery import refinement
from sciml_bench.mechnn.discovery.findings.explanation import explained_variance, verdicts

TIMES = 0.05 * np.arange(200)


def test_the_part_is_that_of_a_straight_line_through_a_circle():
    """x′ = y is the whole of x; of y, which has no equation, nothing is explained."""
    circle = np.stack([np.sin(TIMES), np.cos(TIMES)], axis=1)
    terms = library(2, 1)
    law = support_of(terms, {("y", 0): 1.0})[0]
    explained = explained_variance(terms, law, [(TIMES, circle)], [circle], 50)
    np.testing.assert_allclose(explained, [1.0, 0.0], atol=1e-6)
    half = explained_variance(terms, 0.5 * law, [(TIMES, circle)], [circle], 50)
    assert half[0] == pytest.approx(0.75, abs=1e-6)
    still = np.ones((200, 2))
    assert explained_variance(terms, 0 * law, [(TIMES, still)], [still], 50).tolist() == [1.0, 1.0]


def test_only_what_explains_little_is_talked_about():
    said = verdicts(("a", "b"), np.array([0.49, 0.51]))
    assert said == ("da/dt: explains 49 % of the variance of the change of a; no law found",)
    assert "explains 0 %" in verdicts(("a",), np.array([-3.0]))[0]


def of(rows, name="spots"):
    view = whole(np.arange(float(len(rows))), rows, component_names=[name])
    method = EquationDiscovery(BasisLibrary(view.spec, 2), view)
    method.fit()
    return method.record_entries()


def test_a_period_in_one_component_has_no_law_of_first_order(caplog):
    """Like the yearly sunspots: what goes up and down through the same values cannot be a function of them."""
    years = np.arange(300.0)
    rng = np.random.default_rng(0)
    cycle = 50 * (1 + np.sin(2 * np.pi * years / 11)) * (1 + 0.3 * np.sin(2 * np.pi * years / 90))
    entries = of((cycle + 5 * rng.standard_normal(300))[:, None])
    assert "no law found" in entries["remarks"][0]
    assert entries["remarks"][0].startswith("dspots/dt: explains ")


def test_a_random_walk_has_no_law():
    entries = of(np.random.default_rng(0).standard_normal(600).cumsum()[:, None], "walk")
    assert "no law found" in entries["remarks"][0]


def test_a_law_is_left_without_a_remark_and_with_its_errors():
    entries = of(np.exp(-0.02 * np.arange(100.0))[:, None], "x")
    assert "remarks" not in entries
    assert list(entries["coefficients"]) == ["dx/dt"]
    value, error = entries["coefficients"]["dx/dt"]["x"].split(" ± ")
    assert float(value) == pytest.approx(-0.02)
    assert 0 <= float(error) < 1e-6


def test_terms_that_look_alike_are_told_and_the_law_has_one_of_them():
    times = 0.02 * np.arange(600)
    rows = solve_ivp(
        lambda t, u: [u[1], -9.81 * np.sin(u[0]) - 0.15 * u[1]], (0, 12), [0.3, 0], t_eval=times, rtol=1e-11, atol=1e-11
    ).y.T
    noise = 0.01 * rows.std(axis=0) * np.random.default_rng(0).standard_normal(rows.shape)
    view = whole(times, rows + noise, component_names=["angle", "rate"])
    method = EquationDiscovery(BasisLibrary(view.spec, 2, 1), view)
    method.fit()
    entries = method.record_entries()
    assert method.discovery.equations.support.sum(axis=0).tolist() == [1, 2]
    terms = entries["coefficients"]["drate/dt"]
    (pull,) = {"angle", "sin(angle)"} & set(terms)
    assert float(terms["rate"].split(" ± ")[0]) == pytest.approx(-0.15, rel=0.05)
    assert float(terms[pull].split(" ± ")[0]) == pytest.approx(-9.81, rel=0.02)
    other = ({"angle", "sin(angle)"} - {pull}).pop()
    assert any(line.startswith(f"the data hardly tell {pull} from {other}") for line in entries["remarks"])


def test_a_refinement_that_breaks_down_is_left_out(monkeypatch, caplog):
    def breaks_down(*arguments):
        raise SolverError("the vector field leaves every bound")

    monkeypatch.setattr(refinement, "refine", breaks_down)
    entries = of(np.random.default_rng(0).standard_normal(200).cumsum()[:, None], "walk")
    assert "it is left out" in caplog.text
    assert "no law found" in entries["remarks"][0]
