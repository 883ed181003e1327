"""What is drawn is what was given: read back from the axes."""

import numpy as np
import pytest
from sciml_bench.drawing.koopman_forecasts import accuracy_against_step, forecast_images, forecast_states
from sciml_bench.drawing.singular_functions import eigenfunction_scatter, singular_functions_on_a_line
from sciml_bench.drawing.spectrum import implied_time_scales_figure, spectrum

from sciml_bench.drawing.style import save_figure
from sciml_bench.scores.timescales import TimeScaleBands

ROOTS = np.exp(2j * np.pi * np.array([0, 1, -1, 2, -2]) / 5)


def drawn_points(scatter):
    return np.asarray(scatter.get_offsets())


def lines_by_label(axis):
    return {line.get_label(): line for line in axis.lines}


def test_forecast_images_stand_in_the_order_of_time_and_wrong_readings_are_framed():
    steps = [-2, -1, 1, 2]
    forecasts = np.array([0.1, 0.2, 0.3, 0.4])[:, None, None, None] * np.ones((4, 2, 3, 3))
    forecasts[:, 1] += 0.05
    read, true = np.zeros((4, 2), dtype=int), np.zeros((4, 2), dtype=int)
    read[2, 1] = 4
    figure = forecast_images(np.full((2, 3, 3), 0.9), forecasts, steps, read, true)
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
    figure = accuracy_against_step([-2, -1, 1, 2], {"ours": [0.1, 0.2, 0.3, 0.4]}, 0.98, 5)
    axis = figure.axes[0]
    drawn = [list(zip(line.get_xdata(), line.get_ydata(), strict=True)) for line in axis.lines]
    assert [(-2, 0.1), (-1, 0.2)] in drawn
    assert [(1, 0.3), (2, 0.4)] in drawn
    labelled = lines_by_label(axis)
    np.testing.assert_allclose(labelled["chance"].get_ydata(), 0.2)
    np.testing.assert_allclose(labelled["oracle on real images"].get_ydata(), 0.98)
    without = accuracy_against_step([1], {"ours": [0.1]}, None, 5)
    assert "oracle on real images" not in lines_by_label(without.axes[0])


@pytest.mark.parametrize(("dim", "shown"), [(1, 1), (3, 3), (7, 3)])
def test_forecasts_of_states_show_up_to_three_components(dim, shown):
    times = np.array([0.5, 1.0])
    true, expected = np.arange(2.0 * dim).reshape(2, dim), np.ones((2, dim))
    figure = forecast_states(times, true, expected, np.zeros(dim), "ns")
    assert len(figure.axes) == shown
    for component, axis in enumerate(figure.axes):
        lines = lines_by_label(axis)
        np.testing.assert_array_equal(lines["held-out trajectory"].get_ydata(), true[:, component])
        np.testing.assert_array_equal(lines["forecast from the first state"].get_ydata(), expected[:, component])
    assert "[ns]" in figure.axes[-1].get_xlabel()


def test_exact_singular_functions_are_turned_to_the_sign_of_the_estimate():
    points = np.linspace(-1, 1, 21)
    functions = np.stack([np.ones(21), points, points**2 - 0.4], axis=1)
    weights = np.full(21, 1 / 21)
    estimated = functions * np.array([1, -1, 1]), functions
    figure = singular_functions_on_a_line(points, estimated, (functions, functions), weights, "step")
    assert len(figure.axes) == 4  # the constant is left out
    for axis in figure.axes:
        drawn = lines_by_label(axis)
        np.testing.assert_allclose(drawn["exact"].get_ydata(), drawn["estimated"].get_ydata())
    without = singular_functions_on_a_line(points, estimated, None, None, "step")
    assert "exact" not in lines_by_label(without.axes[0])


def test_eigenfunctions_of_complex_pairs_are_drawn_in_their_complex_planes():
    labels = np.arange(10) % 5
    values = ROOTS[None, :] ** labels[:, None]
    figure = eigenfunction_scatter(values, ROOTS, labels)
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
    figure = eigenfunction_scatter(values, np.array(eigenvalues, dtype=complex), None)
    assert [f"{axis.get_xlabel()} {axis.get_ylabel()}" for axis in figure.axes] == planes


def test_the_spectrum_is_drawn_beside_the_truth():
    singular_values = np.array([1.0, 0.9, 0.5])
    figure = spectrum(ROOTS[:3], singular_values, ROOTS[:2], np.array([1.0, 0.8, 0.7, 0.6]))
    disc, ranks = figure.axes
    drawn = {scatter.get_label(): drawn_points(scatter) for scatter in disc.collections}
    np.testing.assert_allclose(drawn["estimated"], np.stack([ROOTS[:3].real, ROOTS[:3].imag], axis=1))
    np.testing.assert_allclose(drawn["exact"], np.stack([ROOTS[:2].real, ROOTS[:2].imag], axis=1))
    np.testing.assert_array_equal(lines_by_label(ranks)["estimated"].get_ydata(), singular_values)
    np.testing.assert_allclose(drawn_points(ranks.collections[0])[:, 1], [1.0, 0.8, 0.7])


def test_implied_time_scales_are_drawn_with_their_bands_and_the_truth(tmp_path):
    estimates = np.array([[2.0, 0.5], [2.2, 0.6]])
    bands = TimeScaleBands(np.array([0.1, 0.2]), estimates, estimates - 0.1, estimates + 0.1, 0.95)
    figure = implied_time_scales_figure(bands, "ps", np.array([2.1]))
    axis = figure.axes[0]
    np.testing.assert_allclose([line.get_ydata() for line in axis.lines[:2]], estimates.T)
    np.testing.assert_allclose(lines_by_label(axis)["exact"].get_ydata(), 2.1)
    heights = axis.collections[0].get_paths()[0].vertices[:, 1]
    assert (heights.min(), heights.max()) == pytest.approx((1.9, 2.3))
    assert "[ps]" in axis.get_xlabel()
    save_figure(figure, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 1000
