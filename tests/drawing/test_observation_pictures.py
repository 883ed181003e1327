"""What is drawn is what was given: read back from the axes."""

import numpy as np
import pytest

from sciml_bench.data import Trajectories
from sciml_bench.data.held_out import shown_arrays
from sciml_bench.drawing import draw
from sciml_bench.drawing.axes import learned_and_ahead


def given(n_interpolation=(11, 21), **others):
    """Two trajectories of 15 and 25 rows in two components."""
    rows, lengths = np.arange(25), np.array([[15], [25]])
    shape = (2, 25, 2)
    window = np.where(rows < np.array(n_interpolation)[:, None], 1, np.where(rows < lengths, 2, 0))
    values = {
        name: np.random.default_rng(seed).normal(size=shape) for seed, name in enumerate(("observed", "smoothed"))
    }
    prediction = values["observed"] + 0.1
    clock = {"times": np.tile(0.1 * rows, (2, 1)), "time_unit": "time"}
    return {**clock, **values, "prediction": prediction, "window": window, "component_names": ["x1", "x2"], **others}


def only(arrays, number):
    """The arrays of one trajectory."""
    per_trajectory = {name: arrays[name][number:] for name in ("times", "observed", "smoothed", "prediction", "window")}
    return {**arrays, **per_trajectory}


def labels(axis):
    return {line.get_label() for line in axis.lines}


def test_the_rows_of_a_record_are_told_apart():
    past = Trajectories((np.zeros((3, 1)), np.zeros((2, 1))))
    arrays = shown_arrays(past, Trajectories((np.ones((2, 1)), np.ones((1, 1))), first_rows=(3, 2)))
    learned, ahead = learned_and_ahead(arrays["window"], 1)
    assert (learned.tolist(), ahead.tolist()) == ([True, True, False, False, False], [False, False, True, False, False])


@pytest.mark.parametrize("number", [0, 1])
def test_every_component_is_drawn_against_time_with_data_smoothing_and_prediction(number):
    shown = given()
    length, learned = (15, 25)[number], (11, 21)[number]
    axes = draw("trajectories", only(shown, number)).axes
    assert [axis.get_ylabel() for axis in axes] == ["x1", "x2"]
    assert axes[-1].get_xlabel() == "time"
    for component, axis in enumerate(axes):
        lines = {line.get_label(): line.get_xydata() for line in axis.lines}
        # no line crosses what is neither learned from nor held out
        assert [len(line.get_xydata()) for line in axis.lines] == [length, learned, learned, length - learned]
        assert [*lines][:3] == ["observed", "smoothed", "predicted"]
        predicted = np.concatenate([line.get_ydata() for line in axis.lines[2:]])
        np.testing.assert_array_equal(predicted, shown["prediction"][number, :length, component])
        assert [patch.get_label() for patch in axis.patches] == ["held out"]
        assert axis.patches[0].get_x() == lines["observed"][learned, 0]


def test_the_truth_is_drawn_where_it_is_known_and_the_smoothing_alone_where_nothing_is_predicted():
    arrays = given(clean=np.zeros((2, 25, 2)), time_unit="s")
    del arrays["prediction"]
    figure = draw("trajectories", arrays)
    assert labels(figure.axes[0]) == {"observed", "truth", "smoothed"}
    assert figure.axes[-1].get_xlabel() == "time [s]"


@pytest.mark.parametrize("name", ["trajectories", "discovered_trajectories"])
def test_persistence_repeats_the_last_value_before_what_is_held_out(name):
    arrays = given(forecast=np.ones((2, 25, 2)))
    arrays["denoised"], arrays["window"] = arrays["smoothed"], np.where(np.arange(25) < 9, 1, arrays["window"])
    arrays["window"][0, 9:13] = 0  # chose the weights
    arrays["observed"][0, 12, 1] = np.nan
    for axis, given_row in zip(draw(name, arrays).axes, (12, 11), strict=True):
        lines = {line.get_label(): line for line in axis.lines}
        rows, component = [given_row, 13, 14], int(given_row == 11)
        np.testing.assert_allclose(lines["persistence"].get_xdata(), arrays["times"][0, rows])
        np.testing.assert_array_equal(lines["persistence"].get_ydata(), arrays["observed"][0, given_row, component])
        np.testing.assert_array_equal(lines["forecast"].get_ydata(), [1, 1])


@pytest.mark.parametrize("name", ["trajectories", "discovered_trajectories"])
def test_what_chose_the_weights_is_shaded_by_its_name_and_predicted(name):
    arrays = given(forecast=np.ones((2, 25, 2)))
    arrays["denoised"], arrays["window"] = arrays["smoothed"], np.where(np.arange(25) < 9, 1, arrays["window"])
    arrays["window"][0, 9:13] = 0
    for axis in draw(name, arrays).axes:
        spans = {patch.get_label(): (patch.get_x(), patch.get_x() + patch.get_width()) for patch in axis.patches}
        assert spans == {"validation": pytest.approx((0.8, 1.3)), "held out": pytest.approx((1.3, 1.4))}
        if name == "trajectories":
            assert [len(line.get_xydata()) for line in axis.lines[:4]] == [15, 9, 9, 6]


@pytest.mark.parametrize(("name", "panels"), [("trajectories", 6), ("discovered_trajectories", 6), ("forecast", 3)])
def test_of_many_components_the_first_are_shown_and_the_picture_says_so(name, panels):
    many = np.zeros((1, 25, 2000))
    arrays = given() | {"component_names": [f"s{number}" for number in range(2000)]}
    arrays |= dict.fromkeys(("observed", "smoothed", "prediction", "denoised", "forecast"), many)
    arrays |= dict.fromkeys(("forecast_states", "true_states"), many[0]) | {"forecast_times": np.arange(25.0)}
    axes = draw(name, arrays | {"training_mean": many[0, 0]}).axes
    assert len(axes) == panels
    assert axes[-1].get_xlabel().endswith(f"(components 1 to {panels} of 2000)")


def test_the_phase_portrait_tells_the_windows_apart():
    axis = draw("phase_portrait", given()).axes[0]
    lines = {line.get_label(): len(line.get_xydata()) for line in axis.lines}
    assert lines == {"learned from": 11, "not learned from": 4, "extrapolation": 4, "interpolation": 11}
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("x1", "x2")


def test_without_extrapolation_nothing_is_shaded():
    shown = given((15, 25))
    assert not any(axis.patches for axis in draw("trajectories", shown).axes)
    assert labels(draw("phase_portrait", shown).axes[0]) == {"learned from", "interpolation"}


def test_a_prediction_that_runs_away_leaves_the_picture_but_not_its_frame():
    shown = given()
    shown["prediction"][0, 12:] = [1e30, np.nan]
    for axis in (*draw("trajectories", shown).axes, *draw("phase_portrait", shown).axes):
        assert np.ptp(axis.get_ylim()) < 20
