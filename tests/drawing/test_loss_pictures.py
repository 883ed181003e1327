"""What is drawn is what was given: read back from the axes."""

import numpy as np
import pytest

from sciml_bench.core.errors import DataError
from sciml_bench.drawing import draw
from sciml_bench.drawing.style import save_figure
from sciml_bench.node.landscape.loss_landscape import LossPlane
from sciml_bench.node.landscape.spectral_density import SpectralDensity
from sciml_bench.node.synchronization import ParameterScan, SynchronizationResult


def lines_by_label(axis):
    return {line.get_label(): line for line in axis.lines}


def plane(losses):
    return vars(LossPlane(np.linspace(-1, 1, losses.shape[0]), np.linspace(0, 4, losses.shape[1]), losses))


def test_the_density_is_drawn_on_a_logarithmic_scale_with_the_largest_eigenvalues_marked(tmp_path):
    grid = np.linspace(-1, 9, 101)
    values = np.exp(-((grid - 2) ** 2))
    density = vars(SpectralDensity(grid, values, np.array([2.0]), np.array([1.0]), 0.7))
    figure = draw("eigenvalue_density", {**density, "leading_eigenvalues": np.array([8.0, 5.0])})
    axis = figure.axes[0]
    assert axis.get_yscale() == "log"
    np.testing.assert_array_equal(axis.lines[0].get_ydata(), values)
    assert [line.get_xdata()[0] for line in axis.lines[1:3]] == [8.0, 5.0]
    save_figure(figure, tmp_path / "density.png")
    assert (tmp_path / "density.png").stat().st_size > 1000
    assert draw("eigenvalue_density", density).axes[0].get_legend() is None


def test_the_first_direction_of_a_plane_is_horizontal_and_the_path_lies_in_it():
    losses = np.exp(np.add.outer(np.zeros(6), np.linspace(0, 3, 7)))  # rises along the second direction
    path = np.array([[0.5, 3.0], [0.1, 1.0], [0.0, 0.0]])
    named = {"path": path, "direction_names": ("along", "across")}
    axis = draw("loss_plane", {**plane(losses), **named}).axes[0]
    assert (axis.get_xlabel(), axis.get_ylabel()) == ("along", "across")
    assert (axis.get_xlim(), axis.get_ylim()) == ((-1, 1), (0, 4))
    np.testing.assert_array_equal(lines_by_label(axis)["training"].get_xydata(), path)
    contours = axis.collections[1]
    heights = [np.ptp(piece.vertices[:, 1]) for piece in contours.get_paths() if len(piece.vertices)]
    np.testing.assert_allclose(heights, 0, atol=1e-9)  # lines of equal loss run along the first direction


def test_losses_that_are_infinite_missing_zero_or_huge_leave_the_others_visible(tmp_path):
    losses = np.full((6, 6), 2.0)
    losses[0, 0], losses[1, 1], losses[2, 2], losses[3, 3], losses[4, 4] = np.nan, np.inf, 0, 1e30, 1.0
    figure = draw("loss_plane", plane(losses))
    filled = figure.axes[0].collections[0]
    assert filled.norm.vmin == 1
    assert filled.norm.vmax == 1e8
    save_figure(figure, tmp_path / "plane.png")
    save_figure(draw("loss_plane", plane(np.full((3, 3), 0.7))), tmp_path / "flat.png")
    with pytest.raises(DataError, match="none in the plane is finite and positive"):
        draw("loss_plane", plane(np.full((3, 3), np.nan)))


def test_scans_along_lines_have_gaps_where_the_model_broke_down():
    scan = {"positions": np.linspace(0, 1, 4), "losses": np.array([[1.0, np.inf, np.nan, 0.1]])}
    axis = draw("line_scan", {**scan, "line_names": ["first"], "position_name": "position"}).axes[0]
    np.testing.assert_array_equal(lines_by_label(axis)["first"].get_ydata(), [1, np.nan, np.nan, 0.1])
    assert axis.get_yscale() == "log"


def test_scans_over_a_parameter_name_it_and_its_coupling_strengths():
    losses = np.array([[3.0, 1e-20, np.nan], [2.0, 1.0, 4.0], [2.0, 1.0, 5.0]])
    strengths = np.array([[0.0, 0.0], [6.0, 6.0], [6.0, 0.0]])
    scan = ParameterScan("predation_rate", np.array([0.5, 0.9, 1.3]), strengths, losses)
    axis = draw("parameter_scan", {**vars(scan), "true_value": 0.9}).axes[0]
    lines = lines_by_label(axis)
    for name, expected in zip(("uncoupled", "k = 6", "k = (6, 0)"), losses, strict=True):
        np.testing.assert_array_equal(lines[name].get_ydata(), expected)
    assert lines["true value"].get_xdata()[0] == 0.9
    assert axis.get_xlabel() == "predation rate"
    assert axis.get_ylim()[0] > 1e-6  # an error of zero at the true value must not press the rest together


@pytest.mark.parametrize(("dim", "shown"), [(1, 1), (2, 2), (5, 3)])
def test_driver_and_responses_stand_above_their_distance(dim, shown, tmp_path):
    times = np.linspace(0, 1, 6)
    driver = np.cos(times)[:, None] * np.ones(dim)
    responses = np.stack([driver + 1, driver + np.exp(-times)[:, None]])
    errors = np.stack([np.ones(6), np.append(np.exp(-times[:-1]), 0.0)])
    result = SynchronizationResult(times, np.array([[0.0] * dim, [1.0] * dim]), driver, responses, errors)
    figure = draw("synchronization", {**vars(result), "time_unit": "ns"})
    assert len(figure.axes) == shown + 1
    for component, axis in enumerate(figure.axes[:-1]):
        lines = lines_by_label(axis)
        np.testing.assert_array_equal(lines["driver"].get_ydata(), driver[:, component])
        np.testing.assert_array_equal(lines["k = 1"].get_ydata(), responses[1, :, component])
    last = figure.axes[-1]
    np.testing.assert_array_equal(lines_by_label(last)["uncoupled"].get_ydata(), errors[0])
    assert np.isnan(lines_by_label(last)["k = 1"].get_ydata()[-1])
    of_all = "" if shown == dim else f"   (components 1 to {shown} of {dim})"
    assert (last.get_yscale(), last.get_xlabel()) == ("log", f"time [ns]{of_all}")
    assert draw("synchronization", vars(result)).axes[-1].get_xlabel() == f"time{of_all}"
    save_figure(figure, tmp_path / "synchronization.png")
