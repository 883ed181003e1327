import numpy as np

from sciml_bench.data.lazy_states import LazyStates, read_block
from sciml_bench.data.standardization import Standardization
from sciml_bench.data.trajectories import Trajectories


def test_statistics_are_those_of_all_states_together():
    rng = np.random.default_rng(0)
    states = tuple(rng.normal((1.0, -3.0), (2.0, 0.1), (n, 2)) for n in (100, 300))
    fitted = Standardization.fit(Trajectories(states))
    np.testing.assert_allclose(fitted.mean, np.concatenate(states).mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(fitted.deviation, np.concatenate(states).std(axis=0), rtol=1e-12)


def test_a_large_mean_does_not_swallow_the_deviation():
    states = 1e9 + np.random.default_rng(0).standard_normal((10_000, 1))
    np.testing.assert_allclose(Standardization.fit(Trajectories((states,))).deviation, states.std(axis=0), rtol=1e-6)


def test_the_inverse_undoes_the_transformation_and_constant_components_become_zero():
    states = np.random.default_rng(0).standard_normal((50, 3))
    states[:, 1] = 4.0
    fitted = Standardization.fit(Trajectories((states,)))
    assert (fitted.transform(states)[:, 1] == 0).all()
    np.testing.assert_allclose(fitted.inverse(fitted.transform(states)), states, rtol=1e-12)


def test_states_on_disk_stay_there_and_are_transformed_as_they_are_read(tmp_path):
    states = np.random.default_rng(0).random((40, 2)) * 7
    np.save(tmp_path / "x.npy", states)
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    for source in (mapped, LazyStates(mapped)):
        trajectories = Trajectories((source,))
        standardized = Standardization.fit(trajectories).apply(trajectories)
        assert standardized.on_disk
        values = read_block(standardized.select(time=slice(0, 40)).states[0], 0, 40)
        np.testing.assert_allclose(values.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(values.std(axis=0), 1, rtol=1e-12)
