import numpy as np
import pytest
from report_material import N_CLASSES, labelled_arrays, labelled_metrics, write_run

from sciml_bench.report import Comparison, find_runs
from sciml_bench.report.figures import accuracy_against_step, eigenfunctions, forecast_images
from sciml_bench.report.figures.eigenfunctions import plane_of
from sciml_bench.report.figures.labels import wrapped


def compared(folder):
    return Comparison.of(find_runs([folder])[0])


def curves(axis):
    return {line.get_label(): line for line in axis.lines}


def test_accuracy_is_drawn_as_mean_and_range_over_seeds_with_oracle_and_chance(tmp_path):
    for seed, accuracy in ((0, 0.8), (1, 1.0)):
        write_run(tmp_path / "a" / f"seed={seed}", labelled_metrics(), labelled_arrays(accuracy))
    write_run(tmp_path / "b" / "seed=0", labelled_metrics(), labelled_arrays(0.95))
    figure, notes = accuracy_against_step(compared(tmp_path))
    assert notes == []
    axis = figure.axes[0]
    drawn = curves(axis)
    np.testing.assert_allclose(drawn["a"].get_ydata(), 0.9)
    np.testing.assert_array_equal(drawn["a"].get_xdata(), [1, 2, 5])
    band = axis.collections[2].get_paths()[0].vertices  # after both directions of b, which is better on the mean
    assert (band[:, 1].min(), band[:, 1].max()) == (0.8, 1.0)
    np.testing.assert_allclose(drawn["oracle on real images"].get_ydata(), 0.98)
    np.testing.assert_allclose(drawn["chance"].get_ydata(), 1 / N_CLASSES)
    assert [text.get_text() for text in figure.legends[0].get_texts()][:2] == ["b", "a"]


def test_every_step_is_drawn_on_its_side_of_the_given_image(tmp_path):
    arrays = labelled_arrays()
    arrays["forecast_accuracy"] = np.array([0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
    write_run(tmp_path / "a" / "seed=0", labelled_metrics(), arrays)
    figure, _ = accuracy_against_step(compared(tmp_path))
    back, ahead = figure.axes[0].lines[:2]
    assert dict(zip(back.get_xdata(), back.get_ydata(), strict=True)) == {-5: 0.1, -2: 0.2, -1: 0.3}
    assert dict(zip(ahead.get_xdata(), ahead.get_ydata(), strict=True)) == {1: 0.4, 2: 0.5, 5: 0.6}


def test_forecast_images_stand_in_the_order_of_time_with_the_given_one_between(tmp_path):
    arrays = labelled_arrays()
    arrays["forecast_images"] = np.linspace(0.1, 0.6, 6)[:, None, None, None] * np.ones((6, 2, 8, 8))
    arrays["given_images"] = np.full((2, 8, 8), 0.9)
    arrays["forecast_correct"][4, 0] = False
    write_run(tmp_path / "a" / "seed=0", labelled_metrics(), arrays)
    figure, notes = forecast_images(compared(tmp_path))
    assert notes == []
    shades = [axis.images[0].get_array().mean() for axis in figure.axes]
    np.testing.assert_allclose(shades, [0.1, 0.2, 0.3, 0.9, 0.4, 0.5, 0.6])
    assert [axis.get_title() for axis in figure.axes] == ["−5", "−2", "−1", "given", "+1", "+2", "+5"]
    framed = [axis.get_title() for axis in figure.axes if axis.spines["top"].get_visible()]
    assert framed == ["given", "+2"]


def test_forecasts_from_another_image_are_not_put_side_by_side(tmp_path):
    other = labelled_arrays()
    other["given_images"] = np.ones((2, 8, 8))
    write_run(tmp_path / "a" / "seed=0", labelled_metrics(), labelled_arrays())
    write_run(tmp_path / "b" / "seed=0", labelled_metrics(), other)
    write_run(tmp_path / "c" / "seed=0", labelled_metrics(), labelled_arrays(steps=(-1, 1)))
    figure, notes = forecast_images(compared(tmp_path))
    assert [axis.get_ylabel() for axis in figure.axes if axis.get_ylabel()] == ["a"]
    assert [note.split(" ")[0] for note in notes] == ["b", "c"]


def test_eigenfunctions_of_a_cyclic_process_are_drawn_on_the_unit_circle(tmp_path):
    for name in ("a", "b"):
        write_run(tmp_path / name / "seed=0", labelled_metrics(), labelled_arrays())
    figure, _ = eigenfunctions(compared(tmp_path))
    assert len(figure.axes) == 2
    points = np.concatenate([scatter.get_offsets() for scatter in figure.axes[0].collections])
    np.testing.assert_allclose(np.hypot(*points.T), 1)
    assert len(figure.axes[0].collections) == N_CLASSES
    assert "0.200 turns per lag" in figure.axes[0].get_title()


def test_real_eigenfunctions_are_shown_in_pairs_without_the_constant():
    values = np.arange(12.0).reshape(4, 3)
    horizontal, vertical, names, eigenvalue = plane_of(values, np.array([1.0, 0.5, 0.2]))
    np.testing.assert_array_equal(horizontal, values[:, 1])
    np.testing.assert_array_equal(vertical, values[:, 2])
    assert names == ("eigenfunction 2", "eigenfunction 3")
    assert eigenvalue == 0.5
    assert plane_of(values[:, :1], np.array([1.0]))[2] == ("eigenfunction 1", "eigenfunction 1")


@pytest.mark.parametrize("label", ["short", "x" * 200, "linear_ridge/trainer.max_epochs=4,model.n_modes=7"])
def test_labels_fit_beside_a_figure(label):
    lines = wrapped(label).splitlines()
    assert all(len(line) <= 26 for line in lines)
    assert len(lines) <= 4
    assert len(label) > 66 or "".join(lines) == label
