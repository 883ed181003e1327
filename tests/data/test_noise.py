import numpy as np
import pytest
from sciml_bench.data.noise import add_noise

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.trajectories import Trajectories

CLEAN = Trajectories((np.arange(40_000.0).reshape(20_000, 2), np.ones((5, 2))))


def test_noise_has_the_deviation_of_each_component():
    noise = add_noise(CLEAN, [0.5, 2.0], seed=0).states[0] - CLEAN.states[0]
    np.testing.assert_allclose(noise.std(axis=0), [0.5, 2.0], rtol=0.03)
    np.testing.assert_allclose(noise.mean(axis=0), 0, atol=0.05)
    assert abs(np.corrcoef(noise.T)[0, 1]) < 0.03


def test_noise_depends_on_its_seed_alone():
    np.testing.assert_array_equal(add_noise(CLEAN, 1.0, 3).states[0], add_noise(CLEAN, 1.0, 3).states[0])
    assert (add_noise(CLEAN, 1.0, 3).states[0] != add_noise(CLEAN, 1.0, 4).states[0]).all()


@pytest.mark.parametrize("noise_std", [-1.0, [1.0, 2.0, 3.0], [1.0, -1.0], float("nan")])
def test_impossible_noise_is_refused(noise_std):
    with pytest.raises(ConfigurationError, match=r"data.noise_std"):
        add_noise(CLEAN, noise_std, seed=0)
