import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data import LogisticTrajectories


def ready(**options):
    data = LogisticTrajectories(**({"n_trajectories": 300, "n_validation": 40, "n_unseen": 50} | options))
    data.setup()
    return data


def test_every_trajectory_satisfies_its_own_equation():
    part = ready(n_times=601).populations("unseen")
    slope = np.gradient(part.clean, part.times, axis=1, edge_order=2)
    rate, capacity = part.growth_rates[:, None], part.capacities[:, None]
    np.testing.assert_allclose(slope, rate * part.clean * (1 - part.clean / capacity), atol=5e-3)


def test_parameters_follow_their_laws_and_no_draw_is_negative():
    data = ready(n_trajectories=20_000)
    part = data.populations("training")
    for draws in (part.growth_rates, part.capacities):
        assert draws.mean() == pytest.approx(3.0, abs=0.02)
        assert draws.std() == pytest.approx(0.5, abs=0.02)
    starts = part.clean[:, 0]
    assert starts.min() > 0
    # a normal law of mean 1 and deviation 1, cut at zero, has the mean 1 + φ(1)/Φ(1)
    assert starts.mean() / 0.05 == pytest.approx(1.2876, abs=0.03)


def test_noise_is_independent_of_trajectory_and_time():
    part = ready(n_trajectories=3000).populations("training")
    noise = (part.observed - part.clean) / 1e-3
    assert noise.std() == pytest.approx(1, abs=0.01)
    covariance = noise.T @ noise / len(noise)
    assert np.abs(covariance - np.eye(60)).max() < 0.12
    assert np.abs(noise[0] - noise[1]).max() > 1


def test_the_splits_are_different_trajectories_and_only_training_ones_describe_the_data():
    data = ready()
    sizes = {name: len(data.populations(name).observed) for name in ("training", "validation", "unseen")}
    assert sizes == {"training": 300, "validation": 40, "unseen": 50}
    rates = np.concatenate([data.populations(name).growth_rates for name in sizes])
    assert len(np.unique(rates)) == 390
    assert data.spec.mean[0] == pytest.approx(data.populations("training").observed.mean())
    assert data.spec.time_step == pytest.approx(3 / 59)


def test_an_epoch_visits_every_trajectory_once_in_an_order_of_its_own():
    data = ready(batch_size=64)
    loader = data.train_dataloader()
    epochs = []
    for epoch in (0, 1, 0):
        loader.sampler.set_epoch(epoch)
        epochs.append([batch.numpy() for batch in loader])
    assert [len(batch) for batch in epochs[0]] == [64, 64, 64, 64, 44]
    assert len(loader) == 5
    first, second, again = (np.concatenate(batches) for batches in epochs)
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(np.sort(first[:, -1]), np.sort(second[:, -1]))


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("n_unseen", 0),
        ("growth_rate", [0, 1]),
        ("capacity", [3]),
        ("noise_std", -1),
        ("batch_size", 301),
        ("n_times", 2),
    ],
)
def test_bad_values_are_named(option, value):
    with pytest.raises(ConfigurationError, match=rf"data\.{option}="):
        ready(**{option: value})
