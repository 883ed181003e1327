"""Every picture is made again from the arrays that a run wrote, and from nothing else."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure

from sciml_bench import drawing
from sciml_bench.core.errors import DataError
from sciml_bench.core.stored.files import read_arrays, write_arrays
from sciml_bench.drawing import Animation, draw, picture_named, picture_names, pictures_of

rng = np.random.default_rng(0)


def positive(*shape):
    return rng.uniform(0.5, 1.5, shape)


WINDOW = np.array([[1] * 6 + [2] * 3 + [0], [1] * 10])
STATES, NAMES = (2, 10, 2), np.array(["x", "y"])
WHOLE = {
    "times": np.tile(np.arange(10.0), (2, 1)),
    "observed": positive(*STATES),
    "window": WINDOW,
    "component_names": NAMES,
    "time_unit": "s",
}
ROLLED = {"times": np.arange(1.0, 6.0), "time_unit": "s", "component_names": np.array(["x [m]", "y [m]"])}
CURVES = {name: positive(3, 8) for name in ("observed", "smoothed", "states", "clean")}
FIELD = {f"axis_{name}": np.linspace(0, 1, 4) for name in "txy"}
STRENGTHS = np.array([[0.0, 0.0], [2.0, 2.0]])

ARRAYS = {
    "accuracy_against_cost": {
        "costs": np.array([0.01, 2.0, 30.0]),
        "scores": np.array([1.0, 0.5, 0.7]),
        "lower": np.array([0.9, 0.4, np.nan]),
        "upper": np.array([1.1, 0.6, np.nan]),
        "numbers": np.arange(1, 4),
        "on_front": np.array([1, 1, 0]),
        "score_label": "error",
        "cost_label": "CPU seconds",
    },
    "accuracy_against_step": {"forecast_steps": [-1, 1, 2], "forecast_accuracy": positive(3), "n_classes": 5},
    "body_errors": ROLLED | {"body_distances": positive(5, 2), "body_names": np.array(["Sun", "Earth"])},
    "coefficients": {"coefficients": positive(3, 2), "term_names": ["1", "x", "y"], "component_names": NAMES},
    "correlations": {
        "correlations": np.array([[0.9, -0.3, np.nan], [0.1, 0.7, -0.8]]),
        "variable_names": np.array(["radius of gyration", "cos phi 2", "sin phi 2"]),
    },
    "dihedral_maps": {
        "dihedral_counts": np.random.default_rng(0).poisson(3, (12, 12)),
        "dihedral_functions": positive(2, 12, 12),
        "dihedral_names": np.array(["phi 2", "psi 2"]),
    },
    "discovered_trajectories": WHOLE | {"denoised": positive(*STATES), "forecast": positive(*STATES)},
    "eigenfunctions": {"eigenfunctions_test": positive(6, 3), "eigenvalues": np.array([1.0, 0.5j, -0.5j])},
    "eigenvalue_density": {"eigenvalues": np.arange(5.0), "density": positive(5)},
    "errors_of_methods": {
        "times": np.arange(1.0, 9.0),
        "errors": positive(8, 8),
        "persistence_errors": positive(8),
        "mean_errors": positive(8),
        "time_unit": "s",
    },
    "error_against_horizon": {
        "horizon_times": np.arange(1.0, 6.0),
        **{f"{who}error_against_horizon": positive(5) for who in ("", "persistence_", "mean_")},
        "time_unit": "s",
        "lyapunov_time": 2.0,
    },
    "error_growth": ROLLED
    | {name: positive(2, 5) for name in ("errors", "persistence_errors", "linear_errors")}
    | {"first_call_end": 2.0, "thresholds": [0.01]},
    "errors": {"relative_l2_8": positive(6), "relative_l2_16": positive(6)},
    "explained_trajectories": CURVES | {"times": np.arange(8.0)},
    "field": {"predicted": positive(1, 3, 4, 4), "truth": positive(1, 3, 4, 4), "quantity": "ω"},
    "forecast": {
        "forecast_times": np.arange(4.0),
        "forecast_states": positive(4, 2),
        "true_states": positive(4, 2),
        "training_mean": positive(2),
        "time_unit": "s",
    },
    "forecast_images": {
        "given_images": positive(2, 4, 4),
        "forecast_images": positive(2, 2, 4, 4),
        "forecast_steps": [-1, 1],
        "forecast_correct": np.ones((2, 2), dtype=bool),
    },
    "free_energy": {
        "slow_coordinates": np.random.default_rng(0).normal(size=(400, 2)),
        "corners": np.array([0, 1, 2]),
        "populations": np.array([0.5, 0.3, 0.2]),
    },
    "implied_timescales": {
        "timescale_lag_times": np.array([1.0, 2.0]),
        "time_unit": "s",
        **{name: positive(2, 2) for name in ("timescales", "timescales_lower", "timescales_upper")},
    },
    "learning_curves": {"history_epoch": np.arange(3), "history_loss": positive(3), "selected_epoch": 1},
    "line_scan": {"positions": np.arange(4.0), "losses": positive(2, 4), "line_names": ["k = 0", "k = 1"]},
    "loss_plane": {"first": np.arange(4.0), "second": np.arange(5.0), "losses": positive(4, 5)},
    "parameter_scan": {
        "parameter": "growth_rate",
        "values": np.arange(4.0),
        "losses": positive(2, 4),
        "coupling_strengths": STRENGTHS,
    },
    "parameters": {
        f"{prefix}{name}_test": positive(5) for prefix in ("", "inferred_") for name in ("growth_rates", "capacities")
    },
    "phase_portrait": WHOLE | {"prediction": positive(*STATES)},
    "rollout": ROLLED | {"prediction": positive(1, 5, 3, 2), "reference": positive(1, 5, 3, 2)},
    "simulated_phase_portrait": WHOLE | {"simulation": positive(*STATES)},
    "singular_functions": {
        "points": np.linspace(0, 1, 5),
        "left_functions": positive(5, 3),
        "right_functions": positive(5, 3),
        "time_unit": "step",
    },
    "solutions": FIELD
    | {f"parameter_axis_{name}": np.linspace(0, 1, 3) for name in "xy"}
    | {"parameters": positive(1, 3, 3), "predicted": positive(1, 4, 4, 4), "truth": positive(1, 4, 4, 4)}
    | {"quantity": "ω"},
    "spectrum": {"eigenvalues": np.array([1.0, 0.5j]), "singular_values": np.array([1.0, 0.5])},
    "synchronization": {
        "times": np.arange(6.0),
        "driver": positive(6, 2),
        "responses": positive(2, 6, 2),
        "errors": positive(2, 6),
        "coupling_strengths": STRENGTHS,
    },
    "trajectories": WHOLE | {"smoothed": positive(*STATES), "prediction": positive(*STATES)},
}


def pixels(drawn):
    if isinstance(drawn, Animation):
        return drawn.frames
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(drawn)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())


def test_every_picture_is_among_these():
    assert picture_names() == sorted(ARRAYS)


@pytest.mark.parametrize("name", sorted(ARRAYS))
def test_a_picture_of_a_run_is_drawn_again_from_arrays_npz(name, tmp_path):
    write_arrays(tmp_path / "arrays.npz", {**ARRAYS[name], "pictures": [name]})
    again = pictures_of(read_arrays(tmp_path / "arrays.npz"))
    assert set(again) == {name}
    assert isinstance(again[name], Figure | Animation)
    np.testing.assert_array_equal(pixels(again[name]), pixels(draw(name, ARRAYS[name])))


@pytest.mark.parametrize("name", sorted(ARRAYS))
def test_a_missing_array_is_named(name):
    for required in picture_named(name).required:
        rest = {key: values for key, values in ARRAYS[name].items() if not key.startswith(required.rstrip("*"))}
        with pytest.raises(DataError, match=required.replace("*", r"\*")):
            draw(name, rest)


@pytest.mark.parametrize("name", sorted(ARRAYS))
def test_every_file_says_which_arrays_it_needs(name):
    picture = picture_named(name)
    text = sys.modules[picture.function.__module__].__doc__
    for array in (*picture.required, *picture.optional):
        stem = array.removeprefix("inferred_").replace("*", "<")
        assert stem in text


def test_a_field_is_rolled_out_over_space_and_time():
    field = ARRAYS["rollout"] | {name: positive(1, 5, 8) for name in ("prediction", "reference")}
    figure = draw("rollout", field | {"grid": np.arange(8.0)})
    assert [axis.get_title() for axis in figure.axes[:3]] == ["reference", "rollout", "difference"]
    assert figure.axes[0].get_ylabel() == "time since the last input [s]"


def test_a_field_over_several_axes_is_rolled_out_under_its_only_name():
    figure = draw("rollout", ARRAYS["rollout"] | {"component_names": np.array(["t2m"])})
    assert [axis.get_ylabel() for axis in figure.axes[:2]] == ["t2m", "t2m"]


def test_an_epoch_that_did_not_log_a_quantity_is_left_out_of_its_curve():
    history = {"history_epoch": [0, 1, 2], "history_loss": [1.0, np.nan, 0.5], "selected_epoch": 2}
    loss, selected = draw("learning_curves", history).axes[0].lines
    np.testing.assert_array_equal(loss.get_xydata(), [[1, 1.0], [3, 0.5]])
    assert selected.get_xdata()[0] == 3


def test_a_picture_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(DataError, match="no picture 'style'; choose among accuracy_against_cost"):
        draw("style", {})


def test_no_room_has_more_than_fifteen_modules():
    for folder in [Path(path) for path in drawing.__path__]:
        assert all(len(list(room.glob("*.py"))) <= 15 for room in (folder, *folder.iterdir()) if room.is_dir())


def test_drawing_needs_neither_torch_nor_a_paradigm():
    code = (
        "import sys; from sciml_bench.drawing import picture_named, picture_names\n"
        "for name in picture_names(): picture_named(name)\n"
        "rooms = {name.split('.')[1] for name in sys.modules if name.startswith('sciml_bench.')}\n"
        "assert 'torch' not in sys.modules and rooms == {'core', 'drawing'}, rooms"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
