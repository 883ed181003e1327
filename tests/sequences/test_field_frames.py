"""Frames of a field: units of order one, a conserved mass and no waves shorter than three points."""

import numpy as np
import pytest
import torch

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.spec import WindowsSpec
from sciml_bench.sequences.field_frames import FieldFrames

N_POINTS, MEAN, DEVIATION, CHANGE = 24, 3.0, 2.0, 0.25
RNG = np.random.default_rng(0)
INPUTS = torch.from_numpy(RNG.standard_normal((2, 4, N_POINTS)))


def frames_of(n_outputs=3, n_seen=1, shape=(N_POINTS,)):
    mean, deviation, change = (np.array([value]) for value in (MEAN, DEVIATION, CHANGE))
    spec = WindowsSpec(
        shape,
        0.1,
        "time",
        ("u",),
        mean,
        deviation,
        (100,),
        grid=np.arange(N_POINTS) / N_POINTS,
        n_inputs=4,
        n_outputs=n_outputs,
        increment_deviation=change,
        dtype=torch.float64,
    )
    return FieldFrames(spec, n_seen)


def test_features_are_the_last_frame_and_the_latest_changes_in_their_usual_sizes():
    found = frames_of(n_seen=3).features(INPUTS).numpy()
    values = INPUTS.numpy()
    expected = [(values[:, 3] - MEAN) / DEVIATION, *((values[:, i + 1] - values[:, i]) / CHANGE for i in (1, 2))]
    np.testing.assert_allclose(found, np.stack(expected, axis=1), rtol=1e-12)
    np.testing.assert_allclose(frames_of().features(INPUTS), np.stack(expected[:1], axis=1), rtol=1e-12)


def test_whatever_flows_the_mass_of_the_last_frame_is_kept():
    flows = torch.from_numpy(RNG.standard_normal((2, 3, N_POINTS)))
    found = frames_of().outputs(INPUTS, flows)
    np.testing.assert_allclose(found.sum(dim=2), INPUTS[:, -1:].sum(dim=2).expand(-1, 3), rtol=1e-10)


def test_what_flows_into_a_point_and_not_out_of_it_changes_it():
    frames, x = frames_of(), np.arange(N_POINTS) / N_POINTS
    flows = torch.from_numpy(np.sin(2 * np.pi * x)).expand(2, 3, -1)
    still = torch.zeros(2, 4, N_POINTS).double()
    # w[j + 1] − w[j], scaled by 5 points per output
    expected = 15 * CHANGE * (np.sin(2 * np.pi * (x + 1 / N_POINTS)) - np.sin(2 * np.pi * x))
    np.testing.assert_allclose(frames.outputs(still, flows), np.broadcast_to(expected, (2, 3, N_POINTS)), atol=1e-9)


def test_long_waves_pass_and_waves_shorter_than_three_points_do_not():
    frames, numbers = frames_of(), np.arange(N_POINTS)
    for wave, share in ((2, 1.0), (6, 1.0), (8, 0.6), (11, 0.0), (12, 0.0)):
        field = torch.from_numpy(np.cos(2 * np.pi * wave * numbers / N_POINTS)).expand(1, 4, -1)
        found = frames.outputs(field, torch.zeros(1, 3, N_POINTS).double())
        assert float(found[0, 0, 0]) == pytest.approx(share, abs=0.02)


def test_states_that_are_no_fields_and_frames_that_are_not_there_are_refused():
    with pytest.raises(ConfigurationError, match="fields on a line"):
        frames_of(shape=(N_POINTS, 2))
    with pytest.raises(ConfigurationError, match=r"model\.n_seen=5"):
        frames_of(n_seen=5)
