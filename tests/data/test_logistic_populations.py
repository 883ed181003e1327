import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.sources import LogisticPopulations


def ready(n_train=300, **options):
    record = LogisticPopulations(split={"train": n_train, "validation": 40, "test": 50}, **options)
    record.setup()
    return record


def stacked(parts):
    return np.stack(parts)[..., 0]


def test_every_trajectory_satisfies_its_own_equation():
    part = ready(n_times=601).splits["test"]
    clean = stacked(part.clean)
    slope = np.gradient(clean, part.times_of(0), axis=1, edge_order=2)
    rate, capacity = (part.parameters[name][:, None] for name in ("growth_rate", "capacity"))
    np.testing.assert_allclose(slope, rate * clean * (1 - clean / capacity), atol=5e-3)


def test_parameters_follow_their_laws_and_no_draw_is_negative():
    part = ready(n_train=20_000).splits["train"]
    for draws in part.parameters.values():
        assert draws.mean() == pytest.approx(3.0, abs=0.02)
        assert draws.std() == pytest.approx(0.5, abs=0.02)
    starts = stacked(part.clean)[:, 0]
    assert starts.min() > 0
    # a normal law of mean 1 and deviation 1, cut at zero, has the mean 1 + φ(1)/Φ(1)
    assert starts.mean() / 0.05 == pytest.approx(1.2876, abs=0.03)


def test_noise_is_independent_of_trajectory_and_time():
    part = ready(n_train=3000).splits["train"]
    noise = (stacked(part.states) - stacked(part.clean)) / 1e-3
    assert noise.std() == pytest.approx(1, abs=0.01)
    covariance = noise.T @ noise / len(noise)
    assert np.abs(covariance - np.eye(60)).max() < 0.12
    assert np.abs(noise[0] - noise[1]).max() > 1


def test_the_parts_are_different_trajectories_and_only_training_ones_describe_the_data():
    record = ready()
    assert {name: part.n_trajectories for name, part in record.splits.items()} == {
        "train": 300,
        "validation": 40,
        "test": 50,
    }
    rates = np.concatenate([part.parameters["growth_rate"] for part in record.splits.values()])
    assert len(np.unique(rates)) == 390
    assert record.spec.mean[0] == pytest.approx(stacked(record.splits["train"].states).mean())
    assert record.spec.time_step == pytest.approx(3 / 59)


@pytest.mark.parametrize(
    ("option", "value"), [("growth_rate", [0, 1]), ("capacity", [3]), ("noise_std", -1), ("n_times", 2)]
)
def test_bad_values_are_named(option, value):
    with pytest.raises(ConfigurationError, match=rf"data\.{option}="):
        ready(**{option: value})


def test_populations_are_split_in_whole_numbers_only():
    with pytest.raises(ConfigurationError, match="whole numbers"):
        LogisticPopulations(split={"train": 0.5, "test": 0.5})
