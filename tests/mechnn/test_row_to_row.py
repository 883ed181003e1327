"""Clean rows that are far apart: coefficients that carry each to the next, without an estimate of the states."""

from dataclasses import replace

import numpy as np
import pytest
from discovery_cases import lorenz_coefficients, lorenz_rows, whole_rows

from sciml_bench.mechnn import BasisLibrary
from sciml_bench.mechnn.discovery.closed_form_discovery import ClosedFormDiscovery
from sciml_bench.mechnn.discovery.integration import integration_record
from sciml_bench.mechnn.discovery.joint_estimation import JointEstimate
from sciml_bench.mechnn.discovery.selection.row_to_row import carrying_rows

STEP = 0.05
ROWS = lorenz_rows(200, STEP, (-5.0, -4.0, 25.0))


def found(rows, refinement, degree=2):
    view = whole_rows(rows, STEP)
    return ClosedFormDiscovery(refinement=refinement)(BasisLibrary(view.spec, degree), view.train)


@pytest.mark.parametrize("degree", [2, 3])
def test_coarse_clean_rows_give_the_lorenz_coefficients_to_six_digits(degree):
    rough, fine = found(ROWS, "never", degree), found(ROWS, "clean", degree)
    true = lorenz_coefficients(fine.equations.library.names)
    np.testing.assert_array_equal(fine.equations.support, true != 0)
    np.testing.assert_allclose(fine.equations.coefficients, true, rtol=1e-6)
    assert np.abs(rough.equations.coefficients - true).max() > 1e-4
    assert fine.is_exact
    assert not rough.is_exact
    errors = fine.standard_errors[true != 0]
    assert ((errors > 0) & (errors < 1e-6)).all()


def test_terms_that_no_row_asks_for_are_dropped_from_a_law_that_holds():
    library = BasisLibrary(whole_rows(ROWS, STEP).spec, 2)
    true = lorenz_coefficients(library.names)
    start = np.where(true != 0, 1.01 * true, 0.0)
    support = true != 0
    support[library.names.index("y^2"), 0] = support[library.names.index("1"), 2] = True
    record = integration_record(library, [(STEP * np.arange(len(ROWS)), ROWS)], ROWS, start)
    estimate = carrying_rows(record, JointEstimate(ROWS, start, support), 1e-4, 3e-3, 4.0)
    np.testing.assert_array_equal(estimate.support, true != 0)
    np.testing.assert_allclose(estimate.coefficients, true, rtol=1e-7)
    without = JointEstimate(ROWS, replace(estimate).without(true == 28.0).coefficients, support & (true != 28.0))
    assert carrying_rows(record, without, 1e-4, 3e-3, 4.0).mean_square > 1e-4  # no law is left, and none is made up


def test_what_no_law_carries_from_row_to_row_stays_as_it_was():
    rows = np.sin(STEP * np.arange(200)[:, None] ** 1.2 * np.array([1.0, 2.3, 3.1]))
    rough, fine = found(rows, "never"), found(rows, "clean")
    np.testing.assert_array_equal(fine.equations.coefficients, rough.equations.coefficients)
    assert not fine.is_exact
