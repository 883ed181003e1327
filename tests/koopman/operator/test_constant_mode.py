"""The constant among eigenpairs, where it is not quite 1, and where a slow process or a growing one is beside it."""

from dataclasses import replace

import numpy as np
import pytest
from chains import chain_moments

from sciml_bench.koopman.operator import KoopmanOperator

P = np.array([[0.995, 0.005, 0.0], [0.01, 0.98, 0.01], [0.0, 0.02, 0.98]])


def pairs(n: int = 20_000):
    rng = np.random.default_rng(0)
    chain = [0]
    for draw in rng.random(n):
        chain.append(int(np.searchsorted(np.cumsum(P[chain[-1]]), draw)))
    return np.eye(3)[chain[:-1]], np.eye(3)[chain[1:]]


@pytest.mark.parametrize("method", ["cca", "edmd_left", "ridge", "reversible"])
@pytest.mark.parametrize("add_constant", [False, True])
def test_it_is_found_by_its_function(method, add_constant):
    now, later = pairs()
    mixing = np.array([[1.0, 0.2, 0.0], [1.0, 1.0, 0.3], [1.0, -0.5, 2.0]])
    features = (mixing[:, 1:], 2) if add_constant else (mixing, 3)
    operator = KoopmanOperator(method, add_constant=add_constant).fit(now @ features[0], later @ features[0])
    place = operator.constant_mode_
    assert place is not None
    assert operator.eigenvalues_[place] == pytest.approx(1, abs=1e-4)
    functions = operator.eig(np.eye(3) @ features[0])[2][:, place]
    np.testing.assert_allclose(functions / functions[0], 1, atol=1e-3)


def test_features_that_only_come_near_a_constant_have_one_all_the_same():
    now, later = pairs()
    rough = np.array([[1.0, 0.2], [1.3, 1.0], [0.9, -3.0]])
    operator = KoopmanOperator("cca").fit(now @ rough, later @ rough)
    value = operator.eigenvalues_[operator.constant_mode_]
    assert 1e-6 < abs(value - 1) < 0.05
    assert operator.constant_mode_ == np.abs(operator.eigenvalues_ - 1).argmin()


def test_a_slow_process_is_no_constant_and_neither_are_features_without_one():
    now, later = pairs()
    slow = np.array([[1.0], [-1.0], [-3.0]]) - (now @ [1.0, -1.0, -3.0]).mean()
    operator = KoopmanOperator("edmd_left").fit(now @ slow, later @ slow)
    assert 0.95 < operator.eigenvalues_[0].real < 1
    assert operator.constant_mode_ is None


def test_moments_without_sums_go_by_the_eigenvalue_and_those_of_files_have_theirs(tmp_path):
    moments = chain_moments()
    operator = KoopmanOperator("edmd_left").fit_moments(moments)
    found = operator.constant_mode_
    assert found == 0
    old = replace(moments, sums=np.empty((2, 0)))
    assert KoopmanOperator("edmd_left").fit_moments(old).constant_mode_ == found
    operator.save(tmp_path / "operator.npz")
    np.testing.assert_array_equal(KoopmanOperator.load(tmp_path / "operator.npz").moments_.sums, moments.sums)
