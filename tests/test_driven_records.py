"""The claim about inputs: who knows what acts on a system forecasts it ten times better, in every paradigm."""

import csv
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from sciml_bench.command_line import main
from sciml_bench.training import composed, restore, run

SMALL = ["data.n_steps=200", "data.split={train:150,validation:0,test:50}"]
FACTOR = 10
"""By which the error with the input is below that of the states alone, or of the mean where that is better."""


def error(folder: Path, script: str, *choices: str) -> float:
    metrics = run(composed(script, ["logger=none", *choices], folder=folder))
    return metrics["forecast_error_over_mean"]


def errors(tmp_path: Path, script: str, record: str, *choices: str) -> tuple[float, float]:
    """Held-out forecast errors, relative to the training mean, with the input and without."""
    given = [f"data={record}", *choices]
    with_input = error(tmp_path / "with", script, *given)
    return with_input, error(tmp_path / "without", script, *given, "data.observe_input=false")


@pytest.mark.usefixtures("undrawn")
@pytest.mark.filterwarnings("ignore:scores that are not finite")
@pytest.mark.parametrize(
    ("script", "record", "choices"),
    [
        ("koopman", "driven_duffing", SMALL),
        ("mechnn", "tank", [*SMALL, "training.refinement=never"]),
        ("node_homotopy", "tank", [*SMALL, "training.coupling_schedule.epochs_per_step=25"]),
        pytest.param("koopman", "driven_duffing", [], marks=pytest.mark.slow),
        pytest.param("koopman", "tank", [], marks=pytest.mark.slow),
        pytest.param("mechnn", "driven_duffing", [], marks=pytest.mark.slow),
        pytest.param("mechnn", "tank", ["training.refinement=never"], marks=pytest.mark.slow),
        pytest.param("node_homotopy", "driven_duffing", [], marks=pytest.mark.slow),
        pytest.param("node_homotopy", "tank", [], marks=pytest.mark.slow),
    ],
)
def test_a_forecast_with_the_input_errs_at_most_a_tenth_of_one_without(tmp_path, script, record, choices):
    with_input, without = errors(tmp_path, script, record, *choices)
    assert with_input <= min(without, 1.0) / FACTOR


def rows_of(path: Path) -> list[list[str]]:
    with path.open() as file:
        return list(csv.reader(file))


def test_a_run_is_forecast_from_files_of_the_past_and_of_what_will_act(tmp_path, capsys):
    whole = "driven.csv"
    times, rng = 0.1 * np.arange(120), np.random.default_rng(0)
    valve = np.repeat(rng.uniform(0, 1, 12), 10)
    level = [1.0]
    for u in valve[:-1]:
        level.append(0.9 * level[-1] + 0.3 * u)
    lines = [f"{t:.17g},{x:.17g},{u:.17g}" for t, x, u in zip(times, level, valve, strict=True)]
    (tmp_path / whole).write_text("\n".join(["t,level,valve", *lines[:90]]))
    (tmp_path / "future.csv").write_text("\n".join(["t,level,valve", *lines[90:]]))
    data = [
        "data=trajectories",
        f"data.path={tmp_path / whole}",
        "data.inputs=[valve]",
        "data.input_interpolation=hold",
    ]
    choices = ["training=linear_ridge", "training.operator.method=edmd_left", "logger=none"]
    run(composed("koopman", [*data, *choices], folder=tmp_path / "run"))

    def told(*arguments: str) -> str:
        output = str(tmp_path / "told.csv")
        main(["forecast", str(tmp_path / "run"), "--output", output, *map(str, arguments)])
        return capsys.readouterr().err

    for past in ([], ["--past", tmp_path / whole]):
        assert told("--horizon", "30", "--inputs", tmp_path / "future.csv", *past) == ""
        header, *rows = rows_of(tmp_path / "told.csv")
        assert header == ["trajectory", "time", "level"]
        np.testing.assert_allclose([float(row[2]) for row in rows], level[90:], atol=1e-4)
    learned = restore(tmp_path / "run").learned
    found = learned.forecast(learned.past, 30, inputs=valve[90:]).states[0, :, 0]
    np.testing.assert_array_equal([float(row[2]) for row in rows], found)
    (tmp_path / "told.csv").rename(tmp_path / "earlier.csv")
    for arguments, sentence in {
        (
            "--horizon",
            "30",
        ): "driven by valve; give its 30 values to come, in Python as inputs=..., on the command line",
        ("--horizon", "31", "--inputs", tmp_path / "future.csv"): "inputs: 30 rows of valve for 31 states to come",
        ("--horizon", "3", "--inputs", tmp_path / whole): "begins at the time 0; the forecast needs inputs from 9 on",
        ("--horizon", "3", "--inputs", tmp_path / "none.csv"): "none.csv",
        ("--horizon", "3", "--past", tmp_path / "earlier.csv", "--inputs", tmp_path / "future.csv"): "lacks the input",
    }.items():
        assert sentence in told(*arguments)


def test_delays_know_what_acted_on_a_component_that_was_not_observed(tmp_path, capsys):
    rng, n_rows = np.random.default_rng(1), 240
    u, w = np.repeat(rng.uniform(-1, 1, (2, n_rows // 8)), 8, axis=1)
    hidden, seen = [0.0], [0.0]
    for row in range(n_rows - 1):
        seen.append(0.8 * seen[-1] + 0.2 * hidden[-1] - 0.1 * w[row])
        hidden.append(0.9 * hidden[-1] + 0.3 * u[row])
    columns = {"t": 0.1 * np.arange(n_rows), "seen": np.array(seen), "u": u, "w": w}

    def table(name: str, header: str, rows: slice) -> str:
        np.savetxt(
            tmp_path / name,
            np.stack([columns[each][rows] for each in header.split(",")], axis=1),
            fmt="%.17g",
            delimiter=",",
            header=header,
            comments="",
        )
        return str(tmp_path / name)

    whole = table("whole.csv", "t,seen,u,w", slice(0, 200))
    data = ["data=trajectories", f"data.path={whole}", "data.inputs=[u,w]", "data.input_interpolation=hold"]
    choices = ["data.delays=1", "training=linear_ridge", "training.operator.method=edmd_left", "logger=none"]
    run(composed("koopman", [*data, *choices], folder=tmp_path / "run"))
    assert restore(tmp_path / "run").learned.spec.component_names == ("seen", "seen[-1]", "u[-1]", "w[-1]")
    past, future = table("past.csv", "w,t,u,seen", slice(100, 200)), table("future.csv", "w,u", slice(200, None))
    told = str(tmp_path / "told.csv")
    asked = ["--past", past, "--inputs", future, "--horizon", "40", "--output", told]
    assert main(["forecast", str(tmp_path / "run"), *asked]) == 0, capsys.readouterr().err
    np.testing.assert_allclose([float(row[2]) for row in rows_of(tmp_path / "told.csv")[1:]], seen[200:], atol=1e-6)


@pytest.fixture(scope="module")
def driven_with_gaps(tmp_path_factory) -> Path:
    """x'' = −2x − .3x' + u, of an input that nobody can draw through the rows that are missing."""

    def push(t):
        return np.sin(1.7 * t) + 0.5 * np.sin(5.3 * t + 1)

    times = 0.05 * np.arange(900)
    options = {"t_eval": times, "rtol": 1e-11, "atol": 1e-12}
    solved = solve_ivp(lambda t, y: (y[1], -2 * y[0] - 0.3 * y[1] + push(t)), (0, 45), (1.0, 0.0), **options)
    rows = np.column_stack([times, *solved.y, push(times)])
    kept = np.ones(900, bool)
    kept[[*range(200, 225), 232, *range(500, 520), 800, 801]] = False
    path = tmp_path_factory.mktemp("driven") / "driven.csv"
    np.savetxt(path, rows[kept], delimiter=",", header="t,x,v,u", comments="", fmt="%.12g")
    return path


def test_a_law_is_found_beside_an_input_that_is_not_known_between_rows_that_are_missing(driven_with_gaps, tmp_path):
    given = ["data=trajectories", f"data.path={driven_with_gaps}", "data.inputs=[u]", "logger=none"]
    run(composed("mechnn", given, folder=tmp_path))
    found = {term: row.tolist() for term, row in restore(tmp_path).learned.coefficient_table().items() if row.any()}
    expected = {"x": [0, -2], "v": [1, -0.3], "u": [0, 1]}
    assert found == {term: pytest.approx(row, abs=2e-3) for term, row in expected.items()}
    denoised = restore(tmp_path).arrays["denoised"][0]
    learned = np.isfinite(denoised[:, 0])
    assert not learned[200:207].any()  # seven rows between two gaps, which are too few
    assert learned[:200].all()
    assert learned[207:300].all()


def test_differences_are_summed_up_over_rows_that_are_missing_with_the_inputs_that_are_known(
    driven_with_gaps, tmp_path
):
    given = ["data=trajectories", f"data.path={driven_with_gaps}", "data.inputs=[u]", "logger=none"]
    choices = ["data.difference=1", "model.degree=1", "training.refinement=never"]
    metrics = run(composed("mechnn", [*given, *choices], folder=tmp_path))
    assert metrics["forecast_error_over_mean"] < 0.5


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    ("script", "choice"), [("mechnn", "training.refinement=never"), ("node_homotopy", "trainer.max_epochs=3")]
)
def test_a_forecast_ends_at_the_first_gap_of_the_test_part(driven_with_gaps, tmp_path, caplog, script, choice):
    caplog.set_level("INFO")
    given = ["data=trajectories", f"data.path={driven_with_gaps}", "data.inputs=[u]", "logger=none", choice]
    metrics = run(composed(script, given, folder=tmp_path))
    assert "the forecast ends at a gap, within which no input is known: 73 of 171 rows" in caplog.text
    assert np.isfinite(metrics["forecast_error_over_mean"])
    assert "extrapolation_mse" not in metrics
