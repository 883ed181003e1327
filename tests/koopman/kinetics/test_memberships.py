"""Metastable states of nearly uncoupled chains, and what is no simplex."""

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.koopman.kinetics import metastable_memberships

GROUPS = np.repeat([0, 1, 2], [3, 4, 5])


def slow_functions(coupling=0.01):
    """Eigenfunctions of a reversible chain of three groups of states that are hardly coupled."""
    rng = np.random.default_rng(0)
    flows = rng.random((12, 12)) * np.where(GROUPS[:, None] == GROUPS, 1.0, coupling)
    flows = flows + flows.T
    law = flows.sum(axis=1) / flows.sum()
    root = np.sqrt(flows.sum(axis=1))
    values, vectors = np.linalg.eigh(flows / root[:, None] / root)
    functions = (vectors / np.sqrt(law)[:, None])[:, np.argsort(-values)][:, :3]
    return functions / functions[:, :1], law


def test_hardly_coupled_groups_are_the_metastable_states():
    functions, law = slow_functions()
    found = metastable_memberships(functions)
    degrees = found.of(functions)
    np.testing.assert_allclose(degrees.sum(axis=1), 1, atol=1e-12)
    assert len(set(GROUPS[found.corners])) == 3
    of_group = GROUPS[found.corners]
    np.testing.assert_array_equal(of_group[degrees.argmax(axis=1)], GROUPS)
    populations = law @ degrees
    np.testing.assert_allclose(populations, [law[group == GROUPS].sum() for group in of_group], atol=0.03)
    assert degrees.min() > -0.05
    assert degrees.max() == pytest.approx(1, abs=1e-12)


def test_memberships_do_not_depend_on_signs_and_scales_of_the_functions():
    functions, _ = slow_functions()
    plain = metastable_memberships(functions).of(functions)
    turned = functions * [1, -1, 1]
    np.testing.assert_allclose(metastable_memberships(turned).of(turned), plain, atol=1e-12)


def test_two_states_are_the_ends_of_one_function():
    values = np.linspace(-1, 3, 9)
    functions = np.column_stack([np.ones(9), values])
    degrees = metastable_memberships(functions).of(functions)
    np.testing.assert_allclose(np.sort(degrees, axis=1)[:, 0], np.minimum(values + 1, 3 - values) / 4, atol=1e-12)


def test_what_has_no_such_states_is_told():
    functions, _ = slow_functions()
    with pytest.raises(ConfigurationError, match="at least two metastable states"):
        metastable_memberships(functions[:, :1])
    with pytest.raises(DataError, match="only 2 different corners"):
        metastable_memberships(np.column_stack([np.ones(12), functions[:, 1], functions[:, 1]]))
    with pytest.raises(DataError, match="not finite"):
        metastable_memberships(np.where(functions > 1, np.nan, functions))
