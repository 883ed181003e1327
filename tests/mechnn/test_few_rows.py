"""Laws with more coefficients than their rows can tell are told, and shorter ones preferred."""

import numpy as np
import pytest
from discovery_cases import library, support_of, whole

from sciml_bench.mechnn import BasisLibrary, EquationDiscovery
from sciml_bench.mechnn.discovery.findings.few_rows import few_rows
from sciml_bench.mechnn.discovery.joint_estimation import NoisyRecord
from sciml_bench.mechnn.discovery.rational.rational_library import RationalLibrary, system_of
from sciml_bench.mechnn.discovery.sparse_equations import SparseEquations

# Furs of hare and lynx, in thousands, 1900 to 1920 (Hudson's Bay Company; Odum, Fundamentals of Ecology, 1953).
HARE = [30, 47.2, 70.2, 77.4, 36.3, 20.6, 18.1, 21.4, 22, 25.4, 27.1, 40.3, 57, 76.6, 52.3, 19.5, 11.2, 7.6, 14.6, 16.2]
LYNX = [4, 6.1, 9.8, 35.2, 59.4, 41.7, 19, 13, 8.3, 9.1, 7.4, 8, 12.3, 19.5, 45.7, 51.1, 29.7, 15.8, 9.7, 10.1]
FURS = np.array([[*HARE, 24.7], [*LYNX, 8.6]]).T


def discovered(rows):
    view = whole(1900.0 + np.arange(len(rows)), rows, component_names=["hare", "lynx"])
    method = EquationDiscovery(BasisLibrary(view.spec, 2), view)
    method.fit()
    return method


def test_twelve_rows_do_not_carry_a_law_of_ten_terms(caplog):
    method = discovered(FURS[:12])
    assert method.discovery.equations.support.sum() <= 5
    (remark,) = (line for line in method.record_entries()["remarks"] if "coefficients from 12 rows" in line)
    assert "model.degree" in remark
    assert "training.threshold" in remark


def test_all_rows_give_the_law_of_hunters_and_hunted():
    equations = discovered(FURS).discovery.equations
    names = equations.library.names
    found = {(names[t], d): float(equations.coefficients[t, d]) for t, d in np.argwhere(equations.support)}
    # Carpenter, Predator-prey population dynamics: the Lotka-Volterra model in Stan (2018), whose noise is lognormal
    expected = {("hare", 0): 0.55, ("hare lynx", 0): -0.028, ("lynx", 1): -0.80, ("hare lynx", 1): 0.024}
    assert found.keys() == expected.keys()
    for place, value in expected.items():
        assert found[place] == pytest.approx(value, rel=0.2)


def test_rows_are_counted_for_the_equation_with_most_coefficients():
    terms = library(2, 1)
    law = SparseEquations(terms, support_of(terms, {("y", 0): 1.0, ("x", 1): -1.0, ("y", 1): -0.2})[0])
    assert few_rows(law, 20) == ()
    (said,) = few_rows(law, 19)
    assert said.startswith("3 coefficients from 19 rows, 2 of them in dy/dt")
    assert "at least 20" in said


def test_a_denominator_counts_but_for_its_scale():
    terms = RationalLibrary(library(1, 2).spec, 2, np.array([[1.0], [0.5], [0.0]]))
    law = system_of(terms, np.array([[0.0], [2.0], [0.1]]))
    assert few_rows(law, 30) == ()
    assert few_rows(law, 29)[0].startswith("3 coefficients from 29 rows")


def test_few_rows_of_an_exact_motion_are_enough():
    times = 0.05 * np.arange(16)
    view = whole(times, np.stack([np.sin(times), np.cos(times)], axis=1), component_names=["x", "y"])
    method = EquationDiscovery(BasisLibrary(view.spec, 1), view)
    method.fit()
    assert method.discovery.is_exact
    assert "remarks" not in method.record_entries()


def test_where_trajectories_start_is_estimated_too():
    record = NoisyRecord(np.zeros((9, 2)), np.array([1.0, 1, 1, 0, 1, 1, 1, 1]), library(2, 1))
    support = np.zeros((3, 2), dtype=bool)
    assert record.freedom(support) == 18 - 4
    support[1] = True
    assert record.freedom(support) == 18 - 6
