import numpy as np
import pytest
import torch
from scipy.optimize import brentq

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems import Robertson

ONLY_A = np.array([1.0, 0.0, 0.0])


@pytest.fixture(scope="module")
def reaction():
    """The reference at logarithmic times, up to the end of the reaction."""
    t = np.concatenate([[0.0, 0.4, 4.0, 40.0, 400.0, 4000.0], np.logspace(4, 11, 15)])
    return t, Robertson().reference(ONLY_A, t)


def test_vector_field_is_that_of_the_three_reactions():
    a, b, c = 0.7, 2e-5, 0.3
    first, second, third = 0.04 * a, 3e7 * b * b, 1e4 * b * c
    expected = torch.tensor([-first + third, first - second - third, second], dtype=torch.float64)
    state = torch.tensor([[a, b, c]], dtype=torch.float64)
    torch.testing.assert_close(Robertson().vector_field(0.0, state)[0], expected, rtol=1e-12, atol=1e-12)


def test_the_end_of_the_reaction_is_the_published_one(reaction):
    # Mazzia and Magherini, Test Set for Initial Value Problem Solvers, problem ROBER: y(1e11).
    published = [0.2083340149701255e-7, 0.8333360770334713e-13, 0.9999999791665050]
    np.testing.assert_allclose(reaction[1][-1], published, rtol=1e-11)


def test_the_course_of_the_reaction_is_the_published_one(reaction):
    # The example problem in the documentation of LSODE (Hindmarsh, ODEPACK), printed there to seven digits.
    published = [
        [9.851726e-01, 3.386406e-05, 1.479357e-02],
        [9.055142e-01, 2.240418e-05, 9.446344e-02],
        [7.158050e-01, 9.184616e-06, 2.841858e-01],
        [4.504846e-01, 3.222434e-06, 5.495122e-01],
        [1.831701e-01, 8.940379e-07, 8.168290e-01],
    ]
    # The example runs at a relative tolerance of 1e-4.
    np.testing.assert_allclose(reaction[1][1:6], published, rtol=3e-4)


def test_matter_is_conserved_and_no_concentration_is_negative(reaction):
    np.testing.assert_allclose(Robertson().invariant(reaction[1]), 1, atol=1e-13)
    assert reaction[1].min() >= 0
    sample = Robertson().sample(11, seed=0, n_trajectories=2, time_step=4)
    assert sample.min() >= 0
    np.testing.assert_allclose(Robertson().invariant(sample), sample[:, :1, 0].repeat(11, axis=1), atol=1e-13)
    assert sample[:, 0, 0].std() > 0


def test_after_the_first_moments_b_is_made_as_quickly_as_it_is_used(reaction):
    late = reaction[0] > 1e3
    for a, b, c in reaction[1][late]:
        steady = brentq(lambda x: 0.04 * a - 1e4 * x * c - 3e7 * x * x, 0, 1e-3, xtol=1e-30)  # noqa: B023
        assert b == pytest.approx(steady, rel=1e-3)


@pytest.mark.parametrize("name", ["rate_1", "rate_2", "rate_3"])
@pytest.mark.parametrize("value", [0, -1.0, np.inf])
def test_rates_that_are_not_positive_are_named(name, value):
    with pytest.raises(ConfigurationError, match=rf"Robertson\.{name} = .*: give a"):
        Robertson(**{name: value})
