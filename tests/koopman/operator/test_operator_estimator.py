import subprocess
import sys

import jaxtyping
import numpy as np
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError
from sklearn.utils.estimator_checks import check_estimator

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.koopman import KoopmanOperator


def trajectory(length=400, modes=4, seed=0):
    rng = np.random.default_rng(seed)
    states = np.zeros((length, modes))
    mixing = 0.8 * np.linalg.qr(rng.standard_normal((modes, modes)))[0]
    for t in range(1, length):
        states[t] = states[t - 1] @ mixing + rng.standard_normal(modes)
    return states


def pairs(lagged_encoder=True, observable=True, **options):
    states = trajectory(**options)
    now, later = states[:-1], states[1:]
    arguments = {"f_now": now, "f_next": later}
    if lagged_encoder:
        arguments |= {"g_now": np.tanh(now), "g_next": np.tanh(later)}
    if observable:
        arguments |= {"observable_now": now[:, :2] ** 2, "observable_next": later[:, :2] ** 2}
    return arguments


def assert_same_operator(one, other, tolerance):
    f = trajectory(20, seed=5)
    np.testing.assert_allclose(one.singular_values_, other.singular_values_, rtol=0, atol=tolerance)
    np.testing.assert_allclose(
        one.predict(f, [1, 3, -2], g=f), other.predict(f, [1, 3, -2], g=f), rtol=0, atol=tolerance
    )


@pytest.mark.parametrize("method", ["cca", "edmd_right", "reduced_rank"])
@pytest.mark.parametrize("weighted", [False, True])
def test_chunks_give_the_same_operator_as_one_fit(method, weighted):
    data = pairs()
    if weighted:
        data["sample_weight"] = np.random.default_rng(1).random(399)
    at_once, streamed = KoopmanOperator(method).fit(**data), KoopmanOperator(method)
    for rows in np.array_split(np.arange(399), 7):
        streamed.partial_fit(**{name: array[rows] for name, array in data.items()})
    assert streamed.n_samples_seen_ == at_once.n_samples_seen_ == 399
    assert_same_operator(at_once, streamed, 1e-12)


def test_a_fit_forgets_the_one_before():
    once, twice = KoopmanOperator().fit(**pairs()), KoopmanOperator().fit(trajectory(modes=7))
    assert_same_operator(once, twice.fit(**pairs()), 0)


def test_a_trajectory_is_its_consecutive_pairs():
    states = trajectory()
    assert_same_operator(KoopmanOperator().fit(states), KoopmanOperator().fit(states[:-1], states[1:]), 0)
    with_observable = KoopmanOperator().fit(states, observable_now=states[:, :2] ** 2)
    np.testing.assert_allclose(
        with_observable.predict(states),
        KoopmanOperator().fit(**pairs(lagged_encoder=False)).predict(states),
        atol=1e-12,
    )


def test_a_second_trajectory_adds_no_pair_across_the_gap():
    first, second = trajectory(seed=1), trajectory(seed=2)
    operator = KoopmanOperator().partial_fit(first).partial_fit(second)
    assert operator.n_samples_seen_ == 798
    both = KoopmanOperator().fit(np.vstack([first[:-1], second[:-1]]), np.vstack([first[1:], second[1:]]))
    assert_same_operator(operator, both, 1e-12)


def test_weights_count_as_repetitions():
    data, counts = pairs(), np.random.default_rng(1).integers(0, 4, 399)
    repeated = {name: np.repeat(array, counts, axis=0) for name, array in data.items()}
    weighted = KoopmanOperator().fit(**data, sample_weight=counts)
    assert_same_operator(weighted, KoopmanOperator().fit(**repeated), 1e-10)


def test_memory_does_not_grow_with_the_number_of_samples():
    def size(operator):
        return sum(array.nbytes for array in operator.moments_.as_arrays().values())

    short, long = KoopmanOperator().fit(trajectory(50)), KoopmanOperator().fit(trajectory(5000))
    assert size(short) == size(long) < 10_000


def test_tensors_lists_and_float32_are_accepted():
    states = trajectory()
    expected = KoopmanOperator().fit(states)
    tensor = torch.as_tensor(states, dtype=torch.float64).requires_grad_()
    assert_same_operator(expected, KoopmanOperator().fit(tensor), 0)
    assert_same_operator(expected, KoopmanOperator().fit(states.tolist()), 0)
    assert_same_operator(expected, KoopmanOperator().fit(states.astype(np.float32)), 1e-4)
    assert KoopmanOperator().fit(states.astype(np.float32)).predict(states).dtype == np.float64


def test_moments_of_one_pass_serve_several_methods():
    first = KoopmanOperator("cca").fit(**pairs())
    assert_same_operator(
        KoopmanOperator("edmd_right").fit_moments(first.moments_), KoopmanOperator("edmd_right").fit(**pairs()), 0
    )


@pytest.mark.parametrize("options", [{"method": "cca", "rank": 2}, {"method": "ridge", "add_constant": True}])
def test_saved_and_loaded_it_goes_on_exactly(tmp_path, options):
    operator = KoopmanOperator(**options).fit(**pairs())
    operator.save(tmp_path / "operator.npz")
    loaded = KoopmanOperator.load(tmp_path / "operator.npz")
    assert loaded.get_params() == operator.get_params()
    assert (loaded.n_features_in_, loaded.n_samples_seen_) == (4, 399)
    assert_same_operator(operator, loaded, 0)
    more = pairs(seed=3)
    assert_same_operator(operator.partial_fit(**more), loaded.partial_fit(**more), 0)
    with np.load(tmp_path / "operator.npz", allow_pickle=False) as archive:
        assert all(not archive[name].dtype.hasobject for name in archive.files)
    assert [path.name for path in tmp_path.iterdir()] == ["operator.npz"]


def test_another_file_is_not_an_operator(tmp_path):
    np.savez(tmp_path / "other.npz", numbers=np.arange(3))
    with pytest.raises(DataError, match="saved KoopmanOperator"):
        KoopmanOperator.load(tmp_path / "other.npz")
    with pytest.raises(FileNotFoundError):
        KoopmanOperator.load(tmp_path / "missing.npz")


def test_it_clones_with_its_options():
    copy = clone(KoopmanOperator("reduced_rank", rank=3, tikhonov_regularization=0.1).fit(trajectory()))
    assert copy.get_params()["rank"] == 3
    with pytest.raises(NotFittedError):
        copy.predict(trajectory())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "dmd"}, "choose one of cca, edmd_left"),
        ({"rank": 5}, "rank=5: choose 1 to 4"),
        ({"rank": 0}, "rank=0"),
        ({"method": "edmd_left", "rank": 2}, "has no rank"),
        ({"method": "ridge", "tikhonov_regularization": -1.0}, "tikhonov_regularization=-1"),
        ({"relative_cutoff": 1.0}, "relative_cutoff=1"),
    ],
)
def test_a_wrong_option_is_an_error_of_the_fit(options, message):
    for fit in (KoopmanOperator(**options).fit, KoopmanOperator(**options).partial_fit):
        with pytest.raises(ConfigurationError, match=message):
            fit(trajectory())


def broken(name, change):
    data = pairs()
    return {**data, name: change(data[name].copy())}


def with_nan(array):
    array[3, 0] = np.nan
    return array


@pytest.mark.parametrize("name", ["f_now", "f_next", "g_now", "g_next", "observable_now", "observable_next"])
def test_data_that_cannot_be_used_name_their_argument(name):
    stem = name.rpartition("_")[0]
    with pytest.raises(DataError, match=f"{name}.*NaN"):
        KoopmanOperator().fit(**broken(name, with_nan))
    with pytest.raises(DataError, match=f"{name}.*1D array"):
        KoopmanOperator().fit(**broken(name, lambda array: array[:, 0]))
    if name != "f_now":
        with pytest.raises(DataError, match=stem):
            KoopmanOperator().fit(**broken(name, lambda array: array[:-1]))


def test_incomplete_or_inconsistent_arguments_are_errors():
    data, operator = pairs(), KoopmanOperator().fit(**pairs())
    with pytest.raises(DataError, match="g: the features f are pairs"):
        KoopmanOperator().fit(**{**data, "g_next": None})
    with pytest.raises(DataError, match="observable: the features f are trajectories"):
        KoopmanOperator().fit(data["f_now"], observable_now=data["f_now"], observable_next=data["f_now"])
    with pytest.raises(DataError, match="minimum of 2"):
        KoopmanOperator().fit(data["f_now"][:1])
    for weights in (-np.ones(399), np.zeros(399), np.ones(5)):
        with pytest.raises(DataError, match="sample_weight"):
            KoopmanOperator().fit(**data, sample_weight=weights)
    with pytest.raises(DataError, match="fitted with a lagged encoder"):
        operator.predict(data["f_now"], -1)
    with pytest.raises(DataError, match="is expecting 4 features"):
        operator.predict(data["f_now"][:, :3])
    with pytest.raises(DataError, match="g: 2 columns"):
        operator.predict(data["f_now"], -1, g=data["f_now"][:, :2])
    with pytest.raises(DataError, match="every chunk"):
        operator.partial_fit(**pairs(lagged_encoder=False))
    with pytest.raises(DataError, match="every chunk"):
        operator.partial_fit(**pairs(observable=False))
    with pytest.raises(ConfigurationError, match="steps"):
        operator.predict(data["f_now"], [])
    with pytest.raises(NotFittedError):
        KoopmanOperator().eig()


class OnTrajectories(KoopmanOperator):
    """Takes the labels that scikit-learn hands to every estimator as its second argument, and ignores them."""

    def fit(self, X, y=None, sample_weight=None):
        return super().fit(X, sample_weight=sample_weight)

    def partial_fit(self, X, y=None, sample_weight=None):
        return super().partial_fit(X, sample_weight=sample_weight)

    def score(self, X, y=None):
        return super().score(X)


@pytest.fixture
def without_type_checks():
    """As users run it: the type checks of this test suite would answer before the estimator can."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


NOT_APPLICABLE = {
    "check_sample_weight_equivalence_on_dense_data": "rows are one trajectory: without a row, others become pairs",
}


@pytest.mark.usefixtures("without_type_checks")
def test_scikit_learns_estimator_checks_pass_on_trajectories():
    results = check_estimator(OnTrajectories(), on_skip=None, expected_failed_checks=NOT_APPLICABLE)
    assert {result["check_name"] for result in results if result["status"] == "xfail"} == set(NOT_APPLICABLE)
    assert sum(result["status"] == "passed" for result in results) >= 45


@pytest.mark.usefixtures("without_type_checks")
def test_scikit_learns_checks_fail_only_where_they_give_labels_in_the_place_of_features():
    for result in check_estimator(KoopmanOperator(), on_skip=None, on_fail=None):
        if result["status"] == "failed" and result["check_name"] not in NOT_APPLICABLE:
            error = result["exception"]
            refused = f"{error} {error.__cause__} {error.__context__}"
            assert "f_next: Expected" in refused, result["check_name"]


def test_it_needs_no_scikit_learn_before_it_sees_data():
    program = (
        "import sys, numpy as np; from sciml_bench.koopman import KoopmanOperator; operator = KoopmanOperator(rank=2)\n"
        "assert str(operator) == 'KoopmanOperator(rank=2)' and operator.get_params()['rank'] == 2\n"
        "assert not {'sklearn', 'pandas'} & set(sys.modules)\n"
        "operator.fit(np.random.default_rng(0).standard_normal((50, 3))); assert 'sklearn' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_an_option_that_it_does_not_have_is_refused():
    with pytest.raises(ValueError, match="KoopmanOperator has no option ranks; it has add_constant, method, rank"):
        KoopmanOperator().set_params(ranks=3)
