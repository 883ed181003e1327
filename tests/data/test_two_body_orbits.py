from typing import Any

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.sources import TwoBodyOrbits
from sciml_bench.scores.two_body_scores import two_body_scores
from sciml_bench.systems.ordinary.two_body import TwoBody


def small(**options: Any) -> TwoBodyOrbits:
    sizes: dict[str, Any] = {"n_states": 60, "n_test_states": 160, "time_step": 0.05}
    record = TwoBodyOrbits(TwoBody(), split={"train": 2, "validation": 1, "test": 2}, **(sizes | options))
    record.setup()
    return record


def stacked(record: TwoBodyOrbits, part: str) -> np.ndarray:
    return np.stack([np.asarray(states) for states in record.splits[part].states])


def test_states_hold_positions_of_both_bodies_and_the_barycentre_rests() -> None:
    record = small()
    test = stacked(record, "test")
    assert test.shape == (2, 160, 2, 2)
    barycentre = 0.7 * test[:, :, 0] + 0.3 * test[:, :, 1]
    assert np.abs(barycentre).max() < 1e-10
    assert record.spec.body_names == ("body 1", "body 2")


def test_splits_show_different_ellipses_and_a_seed_gives_the_same_again() -> None:
    first, again, other = small(), small(), small(data_seed=1)
    np.testing.assert_array_equal(stacked(first, "train"), stacked(again, "train"))
    assert np.abs(stacked(first, "train") - stacked(other, "train")).max() > 0.1
    assert np.abs(stacked(first, "train")[0] - stacked(first, "test")[0, :60]).max() > 0.1


def test_the_truth_does_not_drift_and_a_shrinking_orbit_does() -> None:
    record = small(eccentricity=[0.1, 0.3])
    truth = stacked(record, "test")
    exact = two_body_scores(truth, truth, record.spec)
    assert exact["energy_drift"] < 1e-6
    assert exact["angular_momentum_drift"] < 1e-6
    # half the distance at all times: kinetic energy / 4, potential energy · 2, angular momentum / 4
    halved = two_body_scores(truth / 2, truth, record.spec)
    assert halved["angular_momentum_drift"] == pytest.approx(0.75, abs=1e-5)
    assert halved["energy_drift"] > 1.5
    lost = truth.copy()
    lost[0, 100:] = np.nan
    assert two_body_scores(lost, truth, record.spec)["energy_drift"] == pytest.approx(5e5, rel=1e-3)
    assert exact["energy_drift_reference"] == exact["energy_drift"]


def test_ellipses_must_be_ellipses() -> None:
    with pytest.raises(ConfigurationError, match=r"data\.eccentricity"):
        small(eccentricity=[0.2, 1.0])
    with pytest.raises(ConfigurationError, match=r"data\.semi_major_axis"):
        small(semi_major_axis=[1.2, 0.8])
