"""The yaml files of the NeuralODE data sets describe the data of the paper and of the real experiment."""

from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf

from sciml_bench.core.instantiate import instantiate

FOLDER = Path(__file__).resolve().parents[2] / "conf" / "node_homotopy" / "data"
REAL = Path(__file__).parents[2].parent / "shared" / "data" / "double_pendulum" / "real_double_pend_h_1.txt"


def made(name, **replaced):
    config = OmegaConf.load(FOLDER / f"{name}.yaml").data
    data = instantiate(OmegaConf.merge(config, replaced), role="data")
    data.setup()
    return data


@pytest.mark.parametrize(
    ("name", "n_learned", "last_time", "component_names"),
    [
        ("lotka_volterra", 61, 12.0, ("prey", "predators")),
        ("lorenz", 31, 6.0, ("x", "y", "z")),
        ("double_pendulum", 101, 2.0, ("θ1", "θ2", "ω1", "ω2")),
    ],
)
def test_simulated_data_are_forecast_over_as_much_time_as_they_are_learned_from(
    name, n_learned, last_time, component_names
):
    data = made(name)
    observations = data.observations
    assert observations.interpolation.sum() == n_learned
    assert observations.extrapolation.sum() == n_learned - 1
    assert observations.times[0, -1] == pytest.approx(last_time)
    assert data.spec.component_names == component_names
    assert data.spec.system == data.system
    np.testing.assert_array_equal(observations.initial_states, observations.clean[:, 0])


def test_the_noise_of_record_has_its_size():
    """Expected square of the noise: 5 % of the means 2.046 and 1.625, and .25."""
    for name, expected in (("lotka_volterra", 0.05**2 * (2.046**2 + 1.625**2) / 2), ("lorenz", 0.25**2)):
        observations = made(name, noise_seed=4).observations
        noise = (observations.states - observations.clean)[0, 1:]
        assert np.mean(noise**2) == pytest.approx(expected, rel=0.3)


@pytest.mark.skipif(not REAL.is_file(), reason=f"the recording of Schmidt and Lipson is not in {REAL}")
def test_the_simulated_pendulum_begins_like_the_real_one():
    """Point masses without friction follow the recorded angles for a third of a second to a fifth of a radian."""
    real = made("double_pendulum_real", path=str(REAL)).observations
    simulated = made("double_pendulum", extrapolation=0.0).observations
    early = real.times[0] < 0.35
    angles = np.stack(
        [np.interp(real.times[0, early], simulated.times[0], simulated.clean[0, :, angle]) for angle in (0, 1)], axis=1
    )
    np.testing.assert_allclose(angles, real.states[0, early, :2], atol=0.2)
    assert np.ptp(angles) > 2


def test_own_and_recorded_data_are_read_through_their_files(tmp_path):
    np.save(tmp_path / "x.npy", np.arange(20.0).reshape(10, 2))
    assert made("trajectories", path=str(tmp_path / "x.npy")).observations.lengths.tolist() == [10]
    lines = [f"0 {0.01 * row} {row} 0 0 0" for row in range(200)]
    (tmp_path / "x.txt").write_text("% o1 o2 w1 w2\n" + "\n".join(lines))
    assert made("double_pendulum_real", path=str(tmp_path / "x.txt")).observations.interpolation.sum() == 100


@pytest.mark.parametrize("name", ["trajectories", "double_pendulum_real"])
def test_data_from_files_wait_for_a_path(name):
    assert OmegaConf.missing_keys(OmegaConf.load(FOLDER / f"{name}.yaml")) == {"data.path"}
