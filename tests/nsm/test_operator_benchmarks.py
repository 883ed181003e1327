"""The benchmarks of solution operators give equal time, compare with a solver that is what it says, and continue."""

import numpy as np
import pytest

from benchmarks import coarse_solvers, neural_spectral_methods, operator_trainings, residual_norm_ablation
from benchmarks.coarse_solvers import SolverSetting, cheapest, coarse_solve, mean_relative_l2, spline_matrix, sweep
from benchmarks.measurement import Comparison, Skipped, compare_errors
from benchmarks.operator_trainings import Plan, plans
from benchmarks.residual_norm_ablation import errors_of_runs, mean_and_deviation, table
from benchmarks.tables import write_table
from sciml_bench.core.errors import DataError
from sciml_bench.nsm.equations import ReactionDiffusion

TINY = ["model.width=4", "model.depth=1", "model.modes=[5,9]", "pde.n_test=4", "pde.n_validation=2", "pde.batch_size=2"]
TINY += ["pde.test_time_points=9"]


@pytest.mark.parametrize("seconds_per_iteration", [0.003, 0.061, 0.9, 6.2, 400.0])
def test_a_plan_spends_the_seconds_it_was_given(seconds_per_iteration):
    plan = Plan.of(seconds_per_iteration, 75.0)
    spent = plan.iterations * seconds_per_iteration
    assert plan.iterations >= 1
    assert abs(spent - 75.0) <= max(0.03 * 75.0, 0.5 * seconds_per_iteration) or plan.iterations == 1
    assert plan.looks <= 1.5 * operator_trainings.LOOKS


def test_a_plan_once_made_is_kept(tmp_path):
    first = plans({"nsm": 0.5}, 10.0, tmp_path / "plan.json")
    again = plans({"nsm": 0.1, "sno": 1.0}, 10.0, tmp_path / "plan.json")
    assert again["nsm"] == first["nsm"]
    assert again["sno"].iterations == 10


@pytest.mark.parametrize(("n_steps", "n_times"), [(4, 65), (5, 12), (8, 9)])
def test_the_spline_in_time_is_exact_for_cubics(n_steps, n_times):
    def cubic(t):
        return 1 - 2 * t + 3 * t**2 - 4 * t**3

    found = spline_matrix(n_steps, n_times) @ cubic(np.linspace(0, 1, n_steps + 1))
    np.testing.assert_allclose(found, cubic(np.linspace(0, 1, n_times)), atol=1e-12)


@pytest.fixture(scope="module")
def fronts():
    equation = ReactionDiffusion(test_time_points=9)
    parameters = equation.draw_parameters(4, 0)
    return equation, parameters, equation.solve(parameters, 64, 9)


def test_a_coarse_solver_takes_what_the_reference_solver_refuses_and_is_inaccurate(fronts):
    equation, parameters, truth = fronts
    with pytest.raises(DataError, match="does not keep"):
        type(equation.system)(solver_resolution=16).reference(parameters, np.linspace(0, 1, 9), 64)
    error = mean_relative_l2(coarse_solve(equation, parameters, 16, 8, 64)(), truth)
    assert 1e-4 < error < 0.1
    assert mean_relative_l2(coarse_solve(equation, parameters, 256, 256, 64)(), truth) < 1e-9


def test_a_sweep_goes_from_the_largest_stable_step_to_where_smaller_ones_gain_nothing(fronts, monkeypatch):
    monkeypatch.setattr(coarse_solvers, "steady_seconds", lambda solve: 1.0)
    settings = list(sweep(*fronts, resolutions=(16, 64)))
    coarse, fine = ([each for each in settings if each.resolution == n] for n in (16, 64))
    assert coarse[0].coarsest
    assert fine[0].coarsest
    assert not any(each.coarsest for each in (*coarse[1:], *fine[1:]))
    assert coarse[-1].error > 0.9 * coarse[-2].error
    assert len(fine) > len(coarse)
    assert fine[-1].error < 1e-6 < fine[-2].error
    assert settings[0].seconds == 0.25  # of one of the four


def test_unstable_steps_are_left_out(monkeypatch):
    equation = ReactionDiffusion(growth=60.0, test_time_points=5)
    parameters = equation.draw_parameters(2, 0)
    truth = equation.solve(parameters, 64, 5)
    monkeypatch.setattr(coarse_solvers, "steady_seconds", lambda solve: 1.0)
    settings = list(sweep(equation, parameters, truth, (64,)))
    assert settings[0].n_steps > coarse_solvers.FEWEST_STEPS
    assert all(np.isfinite(setting.error) for setting in settings)


def test_the_cheapest_setting_is_at_least_as_accurate():
    settings = [SolverSetting(16, 4, 0.1, 1.0), SolverSetting(32, 4, 0.01, 3.0), SolverSetting(32, 8, 0.001, 2.0)]
    assert cheapest(settings, 0.02) is settings[2]
    assert cheapest(settings, 0.1) is settings[0]
    assert cheapest(settings, 1e-4) is None


def test_errors_are_compared_problem_by_problem():
    row = compare_errors("a", "b", [0.1, 0.2, 0.4], [0.4, 0.8, 1.6], target=3.0)
    assert (row.ratio.low, row.ratio.median, row.ratio.high) == (4.0, 4.0, 4.0)
    assert row.reached
    assert row.wall_ratio is None


def test_a_table_is_written_for_programs_and_for_people(tmp_path):
    rows = [{"method": "nsm, wide", "error": 0.0123456, "steps": None}, {"method": "sno", "error": 2.0, "steps": 12345}]
    shown = write_table(rows, tmp_path / "new" / "table")
    assert shown.splitlines()[2:] == ["| nsm, wide | 0.0123 | – |", "| sno | 2 | 12345 |"]
    assert (tmp_path / "new" / "table.md").read_text() == shown
    assert (tmp_path / "new" / "table.csv").read_text().splitlines()[1:] == ['"nsm, wide",0.0123456,', "sno,2.0,12345"]


@pytest.fixture
def _runs_without_figures(monkeypatch):
    monkeypatch.setattr("sciml_bench.training.scoring.save_figure", lambda figure, path: None)


@pytest.mark.slow
@pytest.mark.usefixtures("_runs_without_figures")
def test_a_comparison_at_equal_time_continues_what_it_began(tmp_path, monkeypatch):
    def measured() -> dict[tuple[str, str], Comparison | Skipped]:
        outcomes = neural_spectral_methods.measure(
            cpu_seconds=0.05, grids=("16", "32x16"), overrides=TINY, output=tmp_path, resolutions=(32,)
        )
        return {(outcome.claim, getattr(outcome, "reference_name", "")): outcome for outcome in outcomes}

    monkeypatch.setattr(
        neural_spectral_methods,
        "missing_memory",
        lambda settings, resolution, folder: "no room" if resolution == [32, 16] else None,
    )
    rows = measured()
    (folder,) = (tmp_path / "reaction_diffusion").glob("*/seed=0")
    assert rows["reaction_diffusion: fno, grid 32x16", ""] == Skipped("reaction_diffusion: fno, grid 32x16", "no room")
    after = "reaction_diffusion: error of nsm after 0.05 CPU s"
    assert rows[after, "fno, grid 16, same time"].ratio.median > 0
    assert sum(claim.startswith("reaction_diffusion: solution by") for claim, _ in rows) == 3
    assert len((folder / "trainings.csv").read_text().splitlines()) == 4
    for name in ("training", "inference"):
        assert (folder / f"error_against_{name}_time.png").stat().st_size > 10_000
    records = {file: file.stat().st_mtime_ns for file in folder.glob("runs/*/record.json")}
    assert len(records) == 3
    again = measured()
    assert {file: file.stat().st_mtime_ns for file in records} == records
    assert again[after, "sno, same time"] == rows[after, "sno, same time"]


def test_what_a_grid_keeps_for_its_gradient_is_foreseen(tmp_path, monkeypatch):
    settings = [*operator_trainings.common_settings("reaction_diffusion", 0, TINY), "model=fno", "training=grid"]

    def gibibytes(*resolution: int) -> float:
        reason = operator_trainings.missing_memory(settings, resolution, tmp_path)
        return float(reason.split("about ")[1].split(" GiB")[0])

    assert operator_trainings.missing_memory(settings, [64], tmp_path) is None
    monkeypatch.setattr(operator_trainings, "_PART_OF_MEMORY", 0.0)
    foreseen = gibibytes(4096)
    # lift and projection keep at least 8 numbers per channel and point, and no more than some dozens are plausible
    points = 2 * 4096**2
    assert 8 * 4 * 4 * points < foreseen * 2**30 < 80 * 4 * 4 * points
    assert gibibytes(2048, 4096) == pytest.approx(foreseen / 2, rel=0.1)
    monkeypatch.setattr(operator_trainings, "_PROBED_RESOLUTION", 64)
    assert gibibytes(4096) == pytest.approx(foreseen, rel=0.2)


@pytest.mark.usefixtures("_runs_without_figures")
def test_the_ablation_has_every_choice_and_continues(tmp_path):
    arguments = ("reaction_diffusion", 3, tmp_path, ("raw", "l2"), ("cosine",), (0, 1), TINY)
    *_, errors = errors_of_runs(*arguments)
    assert {choice: list(of_seed) for choice, of_seed in errors.items()} == {
        ("raw", "cosine"): [0, 1],
        ("l2", "cosine"): [0, 1],
    }
    assert len({error for of_seed in errors.values() for error in of_seed.values()}) == 4
    records = {file: file.stat().st_mtime_ns for file in tmp_path.rglob("record.json")}
    *_, again = errors_of_runs(*arguments)
    assert again == errors
    assert {file: file.stat().st_mtime_ns for file in records} == records
    assert [row["norm"] for row in table(errors)] == ["raw", "l2"]


def test_a_mean_over_seeds_says_how_far_they_are_apart_and_which_broke_down():
    assert mean_and_deviation([0.1, 0.2, 0.3]) == "0.2000 ± 0.1000"
    assert mean_and_deviation([0.1, float("nan")]) == "0.1000 (1 of 2 broke down)"
    assert mean_and_deviation([]) == "–"


def test_the_ablation_names_its_folder_after_its_settings(tmp_path, monkeypatch, capsys):
    asked = []

    def record(*given):
        asked.append(given)
        yield {("l2", "cosine"): {0: 0.25}}

    monkeypatch.setattr(residual_norm_ablation, "errors_of_runs", record)
    residual_norm_ablation.main(["--steps", "7", "--width", "5", "--norms", "l2", "--output", str(tmp_path)])
    pde, steps, folder, *_ = asked[0]
    assert (pde, steps, folder.name) == ("poisson", 7, "model.width=5,trainer.max_steps=7")
    assert "0.2500" in (folder / "table.md").read_text()
    assert "0.2500" in capsys.readouterr().out
