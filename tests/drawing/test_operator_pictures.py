"""What is drawn is what was given: read back from the axes."""

import numpy as np
import pytest

from sciml_bench.drawing import draw
from sciml_bench.drawing.style import save_figure

ROOTS = np.exp(2j * np.pi * np.array([0, 1, -1, 2, -2]) / 5)


def drawn_points(scatter):
    return np.asarray(scatter.get_offsets())


def lines_by_label(axis):
    return {line.get_label(): line for line in axis.lines}


def test_forecast_images_stand_in_the_order_of_time_and_wrong_readings_are_framed():
    steps = [-2, -1, 1, 2]
    forecasts = np.array([0.1, 0.2, 0.3, 0.4])[:, None, None, None] * np.ones((4, 2, 3, 3))
    forecasts[:, 1] += 0.05
    arrays = {"given_images": np.full((2, 3, 3), 0.9), "forecast_images": forecasts, "forecast_steps": steps}
    correct = np.ones((4, 2), dtype=bool)
    correct[2, 1] = False
    figure = draw("forecast_images", {**arrays, "forecast_correct": correct})
    (axis,) = figure.axes
    mosaic = np.asarray(axis.images[0].get_array())
    height, width = mosaic.shape[0] // 2, mosaic.shape[1] // 5
    centres = mosaic[height // 2 :: height, width // 2 :: width]
    np.testing.assert_allclose(centres, [[0.1, 0.2, 0.9, 0.3, 0.4], [0.15, 0.25, 0.9, 0.35, 0.45]])
    frames = [tuple(np.round(patch.get_center() // (width, height)).astype(int)) for patch in axis.patches]
    assert sorted(frames) == [(2, 0), (2, 1), (3, 1)]  # the given images, and the wrong reading at step 1 in row 1
    assert axis.patches[frames.index((3, 1))].get_edgecolor() != axis.patches[frames.index((2, 1))].get_edgecolor()
    assert [label.get_text() for label in axis.get_xticklabels()] == ["-2", "-1", "given", "+1", "+2"]


def test_accuracy_has_a_curve_on_each_side_of_the_present_and_the_line_of_chance():
    arrays = {"forecast_steps": [-2, -1, 1, 2], "forecast_accuracy": [0.1, 0.2, 0.3, 0.4], "n_classes": 5}
    axis = draw("accuracy_against_step", {**arrays, "oracle_accuracy": 0.98}).axes[0]
    drawn = [list(zip(line.get_xdata(), line.get_ydata(), strict=True)) for line in axis.lines]
    assert [(-2, 0.1), (-1, 0.2)] in drawn
    assert [(1, 0.3), (2, 0.4)] in drawn
    labelled = lines_by_label(axis)
    np.testing.assert_allclose(labelled["chance"].get_ydata(), 0.2)
    np.testing.assert_allclose(labelled["oracle on real images"].get_ydata(), 0.98)
    without = draw("accuracy_against_step", arrays)
    assert "oracle on real images" not in lines_by_label(without.axes[0])


@pytest.mark.parametrize(("dim", "shown"), [(1, 1), (3, 3), (7, 3)])
def test_forecasts_of_states_show_up_to_three_components(dim, shown):
    times = np.array([0.5, 1.0])
    true, expected = np.arange(2.0 * dim).reshape(2, dim), np.ones((2, dim))
    arrays = {"forecast_times": times, "true_states": true, "forecast_states": expected, "time_unit": "ns"}
    figure = draw("forecast", {**arrays, "training_mean": np.zeros(dim)})
    assert len(figure.axes) == shown
    for component, axis in enumerate(figure.axes):
        lines = lines_by_label(axis)
        np.testing.assert_array_equal(lines["held-out trajectory"].get_ydata(), true[:, component])
        np.testing.assert_array_equal(lines["forecast from the first state"].get_ydata(), expected[:, component])
    assert "[ns]" in figure.axes[-1].get_xlabel()


def test_a_forecast_stands_beside_persistence_of_the_given_state_and_may_leave_the_picture():
    true = np.array([[1.0, 5.0], [2.0, 4.0], [3.0, 5.0]])
    arrays = {"forecast_times": np.array([2.0, 4.0, 6.0]), "true_states": true, "training_mean": np.array([2.0, 5.0])}
    arrays |= {"forecast_states": true * [[1.0, 1.0], [1.0, 1e3], [1.0, 1e6]], "time_unit": "day"}
    figure = draw("forecast", {**arrays, "given_state": np.array([0.5, 4.5])})
    for axis, given in zip(figure.axes, (0.5, 4.5), strict=True):
        persistence = lines_by_label(axis)["persistence"]
        np.testing.assert_array_equal(persistence.get_xydata(), [[0, given], [6, given]])
    assert figure.axes[0].get_ylim()[1] < 3.2
    np.testing.assert_allclose(figure.axes[1].get_ylim(), [3, 6])  # one range of what came around it
    without = draw("forecast", arrays)
    assert "persistence" not in lines_by_label(without.axes[0])


def test_exact_singular_functions_are_turned_to_the_sign_of_the_estimate():
    points = np.linspace(-1, 1, 21)
    functions = np.stack([np.ones(21), points, points**2 - 0.4], axis=1)
    weights = np.full(21, 1 / 21)
    estimated = {"left_functions": functions * np.array([1, -1, 1]), "right_functions": functions}
    exact = {"exact_left_functions": functions, "exact_right_functions": functions, "stationary_weights": weights}
    arrays = {"points": points, **estimated, **exact, "time_unit": "step"}
    order = np.random.default_rng(0).permutation(21)  # quadrature points come in any order
    shuffled = {name: values[order] if isinstance(values, np.ndarray) else values for name, values in arrays.items()}
    figure = draw("singular_functions", shuffled)
    assert len(figure.axes) == 4  # the constant is left out
    for axis in figure.axes:
        drawn = lines_by_label(axis)
        np.testing.assert_allclose(drawn["exact"].get_ydata(), drawn["estimated"].get_ydata())
        np.testing.assert_array_equal(drawn["exact"].get_xdata(), points)
    without = draw("singular_functions", {"points": points, **estimated, "time_unit": "step"})
    assert "exact" not in lines_by_label(without.axes[0])


def test_eigenfunctions_of_complex_pairs_are_drawn_in_their_complex_planes():
    labels = np.arange(10) % 5
    values = ROOTS[None, :] ** labels[:, None]
    figure = draw("eigenfunctions", {"eigenfunctions_test": values, "eigenvalues": ROOTS, "labels_test": labels})
    assert len(figure.axes) == 2
    for axis, mode in zip(figure.axes, (1, 3), strict=True):
        assert len(axis.collections) == 5
        for label, scatter in enumerate(axis.collections):
            expected = values[labels == label, mode]
            np.testing.assert_allclose(drawn_points(scatter), np.stack([expected.real, expected.imag], axis=1))
        assert f"{abs(ROOTS[mode].imag):.3f}i" in axis.get_title()


@pytest.mark.parametrize(
    ("eigenvalues", "planes"),
    [
        ([1.0, 0.8, 0.6], ["eigenfunction 2 eigenfunction 3"]),
        ([1.0, 0.8, 0.6, 0.4, 0.2], ["eigenfunction 2 eigenfunction 3", "eigenfunction 4 eigenfunction 5"]),
        ([1.0, 0.8, 0.5j, -0.5j, 0.1], ["Re eigenfunction 3 Im eigenfunction 3", "eigenfunction 2 eigenfunction 5"]),
        ([1.0, 0.8], ["Re eigenfunction 2 imaginary part"]),
        ([1.0], ["Re eigenfunction 1 imaginary part"]),
    ],
)
def test_real_eigenfunctions_are_shown_in_pairs_and_complex_ones_alone(eigenvalues, planes):
    values = np.random.default_rng(0).standard_normal((6, len(eigenvalues))) + 0j
    figure = draw("eigenfunctions", {"eigenfunctions_test": values, "eigenvalues": np.array(eigenvalues, complex)})
    assert [f"{axis.get_xlabel()} {axis.get_ylabel()}" for axis in figure.axes] == planes


def test_eigenvalues_are_coloured_by_their_residuals():
    values = {"eigenvalues": ROOTS[:3], "singular_values": np.array([1.0, 0.7, 0.4])}
    residuals = np.array([0.0, 0.3, 0.9])
    disc, _, bar = draw("spectrum", {**values, "eigenvalue_residuals": residuals}).axes
    coloured = [dots for dots in disc.collections if dots.get_array() is not None]
    np.testing.assert_array_equal(coloured[0].get_array(), residuals)
    assert coloured[0].get_clim() == (0, 1)
    assert bar.get_ylabel() == "residual of the eigenpair"


def test_the_spectrum_is_drawn_beside_the_truth():
    singular_values = np.array([1.0, 0.9, 0.5])
    exact = {"exact_eigenvalues": ROOTS[:2], "exact_singular_values": np.array([1.0, 0.8, 0.7, 0.6])}
    disc, ranks = draw("spectrum", {"eigenvalues": ROOTS[:3], "singular_values": singular_values, **exact}).axes
    drawn = {scatter.get_label(): drawn_points(scatter) for scatter in disc.collections}
    np.testing.assert_allclose(drawn["estimated"], np.stack([ROOTS[:3].real, ROOTS[:3].imag], axis=1))
    np.testing.assert_allclose(drawn["exact"], np.stack([ROOTS[:2].real, ROOTS[:2].imag], axis=1))
    np.testing.assert_array_equal(lines_by_label(ranks)["estimated"].get_ydata(), singular_values)
    np.testing.assert_allclose(drawn_points(ranks.collections[0])[:, 1], [1.0, 0.8, 0.7])


def test_implied_timescales_are_drawn_with_their_bands_and_the_truth(tmp_path):
    estimates = np.array([[2.0, 0.5], [2.2, 0.6]])
    bands = {"timescales": estimates, "timescales_lower": estimates - 0.1, "timescales_upper": estimates + 0.1}
    clock = {"timescale_lag_times": np.array([0.1, 0.2]), "time_unit": "ps"}
    figure = draw("implied_timescales", {**clock, **bands, "exact_timescales": np.array([2.1])})
    axis = figure.axes[0]
    np.testing.assert_allclose([line.get_ydata() for line in axis.lines[:2]], estimates.T)
    np.testing.assert_allclose(lines_by_label(axis)["exact"].get_ydata(), 2.1)
    heights = axis.collections[0].get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == pytest.approx((1.9, 2.3))
    assert "[ps]" in axis.get_xlabel()
    save_figure(figure, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 1000


def test_of_many_variables_the_forty_that_correlate_most_are_shown_in_their_order():
    values = np.linspace(-0.3, 0.9, 50)[None]
    names = np.array([f"sin phi {number}" for number in range(50)])
    axis = draw("correlations", {"correlations": values, "variable_names": names}).axes[0]
    shown = [label.get_text() for label in axis.get_xticklabels()]
    assert shown == [
        names[number] for number in range(50) if np.abs(values[0, number]) >= np.sort(np.abs(values[0]))[10]
    ]
    assert "the 40 strongest of 50" in axis.get_title()
