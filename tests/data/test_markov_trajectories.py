import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.sources import MarkovTrajectories
from sciml_bench.data.views import LaggedPairsView
from sciml_bench.systems import NoisyLogisticMap, OrnsteinUhlenbeck


def test_a_markov_process_becomes_a_record_with_its_clock_and_period():
    record = MarkovTrajectories(NoisyLogisticMap(), n_steps=500, n_trajectories=3)
    record.setup()
    assert record.spec.period == 1.0
    assert record.spec.lengths == (300, 300, 300)
    assert record.spec.time_unit == record.system.time_unit
    assert record.spec.system == NoisyLogisticMap()


def test_the_data_seed_makes_the_data():
    first, again, other = (
        MarkovTrajectories(OrnsteinUhlenbeck(), n_steps=50, data_seed=seed).load().states[0] for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).all()


def test_pairs_of_an_ornstein_uhlenbeck_process_decay_at_its_rate():
    record = MarkovTrajectories(OrnsteinUhlenbeck(relaxation_rate=1.0, time_step=0.3), n_steps=60_000)
    view = LaggedPairsView(record, lag=2)
    now, later = next(view.pairs("train").stream(100_000))
    assert float((now * later).mean() / (now * now).mean()) == pytest.approx(np.exp(-0.6), abs=0.02)
    assert view.spec.lag_time == pytest.approx(0.6)


@pytest.mark.parametrize(
    "options", [{"n_steps": 1}, {"n_steps": 2.5}, {"n_trajectories": 0}, {"data_seed": -1}, {"n_steps": "many"}]
)
def test_impossible_simulations_are_named(options):
    with pytest.raises(ConfigurationError, match=f"data.{next(iter(options))}="):
        MarkovTrajectories(NoisyLogisticMap(), **{"n_steps": 100, **options})
