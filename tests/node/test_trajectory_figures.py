import numpy as np
import pytest
import torch
from node_cases import field_of, observed
from sciml_bench.drawing.trajectories import phase_portrait, trajectories

from sciml_bench.node import CompiledSolver, Evaluation, SmoothingSpline


def evaluation(n_interpolation=(11, 21)):
    data = observed((15, 25), n_interpolation)
    given = data.observations
    splines = [
        SmoothingSpline(t[w], y[w]) for t, y, w in zip(given.times, given.states, given.interpolation, strict=True)
    ]
    with torch.no_grad():
        x0 = torch.from_numpy(given.initial_states)[None]
        return Evaluation.of(data, field_of("blackbox"), CompiledSolver(), x0, splines, x0[0])


@pytest.mark.parametrize("number", [0, 1])
def test_every_component_is_drawn_against_time_with_data_smoothing_and_prediction(number):
    shown = evaluation()
    length, learned = (15, 25)[number], (11, 21)[number]
    axes = trajectories(shown, number).axes
    assert [axis.get_ylabel() for axis in axes] == ["x1", "x2"]
    assert axes[-1].get_xlabel() == "time"
    for component, axis in enumerate(axes):
        lines = {line.get_label(): line.get_xydata() for line in axis.lines}
        assert set(lines) == {"observed", "smoothed", "predicted"}
        assert [len(lines[name]) for name in ("observed", "smoothed", "predicted")] == [length, learned, length]
        np.testing.assert_array_equal(lines["predicted"][:, 1], shown.prediction[number, :length, component])
        assert len(axis.patches) == 1  # the extrapolation window


def test_the_phase_portrait_tells_the_windows_apart():
    axis = phase_portrait(evaluation(), 0).axes[0]
    lines = {line.get_label(): len(line.get_xydata()) for line in axis.lines}
    assert lines == {"learned from": 11, "not learned from": 4, "extrapolation": 4, "interpolation": 11}
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("x1", "x2")


def test_without_extrapolation_nothing_is_shaded():
    shown = evaluation((15, 25))
    assert not any(axis.patches for axis in trajectories(shown).axes)
    assert {line.get_label() for line in phase_portrait(shown).axes[0].lines} == {"learned from", "interpolation"}


def test_a_prediction_that_runs_away_leaves_the_picture_but_not_its_frame():
    shown = evaluation()
    shown.prediction[0, 12:] = [1e30, np.nan]
    for axis in (*trajectories(shown).axes, *phase_portrait(shown).axes):
        assert np.ptp(axis.get_ylim()) < 20
