"""Windows of two bodies on ellipses."""

from typing import Any

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.two_body_windows import TwoBodyWindows
from sciml_bench.systems.ordinary.two_body import TwoBody


def small(**options: Any) -> TwoBodyWindows:
    settings: dict[str, Any] = {
        "n_train": 2,
        "n_validation": 1,
        "n_test": 2,
        "n_states": 60,
        "n_test_states": 160,
        "time_step": 0.05,
        "n_inputs": 20,
        "n_outputs": 10,
        "batch_size": 4,
        "dtype": "float64",
    }
    data = TwoBodyWindows(TwoBody(), **(settings | options))
    data.setup()
    return data


def test_windows_hold_positions_of_both_bodies_and_the_barycentre_rests() -> None:
    data = small()
    batch = next(iter(data.train_dataloader()))
    assert batch.shape == (4, 30, 2, 2)
    barycentre = 0.7 * data.sequences["test"][:, :, 0] + 0.3 * data.sequences["test"][:, :, 1]
    assert np.abs(barycentre).max() < 1e-10
    assert data.spec.body_names == ("body 1", "body 2")


def test_splits_show_different_ellipses_and_a_seed_gives_the_same_again() -> None:
    first, again, other = small(), small(), small(data_seed=1)
    np.testing.assert_array_equal(first.sequences["train"], again.sequences["train"])
    assert np.abs(first.sequences["train"] - other.sequences["train"]).max() > 0.1
    assert np.abs(first.sequences["train"][0] - first.sequences["test"][0, :60]).max() > 0.1


def test_the_truth_does_not_drift_and_a_shrinking_orbit_does() -> None:
    data = small(eccentricity=[0.1, 0.3])
    truth = data.sequences["test"]
    exact = data.roll_out_metrics(truth, truth)
    assert exact["energy_drift"] < 1e-6
    assert exact["angular_momentum_drift"] < 1e-6
    # half the distance at all times: kinetic energy / 4, potential energy · 2, angular momentum / 4
    halved = data.roll_out_metrics(truth / 2, truth)
    assert halved["angular_momentum_drift"] == pytest.approx(0.75, abs=1e-5)
    assert halved["energy_drift"] > 1.5
    lost = truth.copy()
    lost[0, 100:] = np.nan
    assert data.roll_out_metrics(lost, truth)["energy_drift"] == pytest.approx(5e5, rel=1e-3)
    assert exact["energy_drift_reference"] == exact["energy_drift"]


def test_ellipses_must_be_ellipses() -> None:
    with pytest.raises(ConfigurationError, match=r"data\.eccentricity"):
        small(eccentricity=[0.2, 1.0])
    with pytest.raises(ConfigurationError, match=r"data\.semi_major_axis"):
        small(semi_major_axis=[1.2, 0.8])
