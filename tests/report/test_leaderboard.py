"""Tables against what is computed here by other means."""

import csv
import io
import json
import statistics

import numpy as np
import pytest
from leaderboard_material import ERROR, benchmark_run, board_and_tasks, change_record
from report_material import write_run

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.report.leaderboard.pareto import pareto_front
from sciml_bench.report.leaderboard.ranking import mean_ranks
from sciml_bench.report.leaderboard.tables import cost_of, csv_report, markdown_report


def starts_around(error, seed=0, n_starts=20):
    values = error * np.random.default_rng(seed).uniform(0.9, 1.1, n_starts)
    return values * error / values.mean()


def rows_of(text):
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def three_methods(tmp_path):
    for seed, error in enumerate((0.1, 0.2, 0.3)):
        benchmark_run(tmp_path, "lorenz", "ours", seed, error, starts_around(error))
        benchmark_run(tmp_path, "lorenz", "theirs", seed, 10 * error, starts_around(10 * error))
    benchmark_run(tmp_path, "lorenz", "theirs_too", 0, 2.1, starts_around(2.1))
    return tmp_path


def test_numbers_of_a_table(three_methods):
    _, (task,) = board_and_tasks(three_methods)
    assert task.main == ERROR  # not the first of the file, and one that has a direction
    assert [entry.label for entry in task.order] == ["ours", "theirs", "theirs_too"]
    assert task.ranks == {"ours": 1, "theirs": 2, "theirs_too": 3}
    estimate, interval = task.cells["theirs"][ERROR]
    assert estimate.mean == pytest.approx(2.0)
    assert estimate.standard_deviation == pytest.approx(statistics.stdev([1.0, 2.0, 3.0]))
    assert (estimate.seeds, interval.seeds, interval.starts) == (3, 3, 20)
    assert interval.low < 1.4 < 2.6 < interval.high


def test_bold_is_the_best_whose_interval_keeps_clear_alone(three_methods):
    _, (task,) = board_and_tasks(three_methods)
    assert task.best(ERROR) == "ours"
    assert task.best("forecast_horizon") is None  # all have the same
    assert task.best("my_own") is None  # which way is better, nothing says
    benchmark_run(three_methods, "lorenz", "nearly_ours", 0, 0.21, starts_around(0.21))
    _, (task,) = board_and_tasks(three_methods)
    assert task.best(ERROR) is None


def test_higher_is_better_where_the_catalogue_says_so(tmp_path):
    for method, value in (("far", 5.0), ("near", 1.0)):
        folder = benchmark_run(tmp_path, "lorenz", method, 0, 1.0)
        (folder / "metrics.json").write_text(f'{{"forecast_horizon": {value}}}')
    _, (task,) = board_and_tasks(tmp_path)
    assert task.main == "forecast_horizon"
    assert [entry.label for entry in task.order] == ["far", "near"]


def test_where_systems_are_chaotic_it_counts_how_long_forecasts_hold(tmp_path):
    for method, error, hold in (("the_mean", 1.0, 0.0), ("good_climate", 1.3, 5.2), ("poor_climate", 2.0, 5.2)):
        folder = benchmark_run(tmp_path, "lorenz", method, 0, error)
        held = "valid_prediction_lyapunov_times"
        told = {"forecast_horizon": 1.0, f"{held}_median": 1 - hold, held: hold, ERROR: error}
        (folder / "metrics.json").write_text(json.dumps(told))
        benchmark_run(tmp_path, "waves", method, 0, error)
    _, (lorenz, waves) = board_and_tasks(tmp_path)
    assert lorenz.columns[:2] == ("valid_prediction_lyapunov_times", ERROR)
    assert lorenz.ranks == {"good_climate": 1.5, "poor_climate": 1.5, "the_mean": 3}
    assert waves.main == ERROR
    assert waves.ranks == {"the_mean": 1, "good_climate": 2, "poor_climate": 3}


def test_failures_take_the_last_place_and_what_does_not_apply_takes_none(tmp_path):
    for seed, error in enumerate((0.1, 0.2)):
        benchmark_run(tmp_path, "first", "ours", seed, error)
        benchmark_run(tmp_path, "second", "ours", seed, error)
    benchmark_run(tmp_path, "first", "theirs", 0, 0.3)
    benchmark_run(tmp_path, "first", "theirs", 1, status="failed", reason="TrainingError: the loss is nan")
    benchmark_run(tmp_path, "first", "broken", 0, status="failed", reason="DataError: too short")
    benchmark_run(tmp_path, "first", "worse", 0, 0.9)
    benchmark_run(tmp_path, "first", "foreign", 0, status="not_applicable", reason="states are images")
    benchmark_run(tmp_path, "second", "theirs", 0, 0.05)
    benchmark_run(tmp_path, "second", "late", 0, status="running")
    board, tasks = board_and_tasks(tmp_path)
    # of the four that count, theirs is second with one seed and last with the other
    assert tasks[0].ranks == {"ours": 1, "theirs": (2 + 4) / 2, "worse": 3, "broken": 4}
    assert tasks[1].ranks == {"theirs": 1, "ours": 2}
    assert mean_ranks(tasks) == [("ours", 1.5, 2), ("theirs", 2.0, 2), ("worse", 3.0, 1), ("broken", 4.0, 1)]
    text = markdown_report(board, tasks)
    for word in ("too short", "the loss is nan", "states are images", "still running", "1 of 2"):
        assert word in text


def test_equal_means_share_their_places_and_nan_counts_as_lost(tmp_path):
    for method, error in (("a", 0.5), ("b", 0.5), ("c", 0.9)):
        benchmark_run(tmp_path, "lorenz", method, 0, error)
    folder = benchmark_run(tmp_path, "lorenz", "d", 0, 1.0)
    (folder / "metrics.json").write_text(f'{{"{ERROR}": "nan"}}')
    _, (task,) = board_and_tasks(tmp_path)
    assert task.ranks == {"a": 1.5, "b": 1.5, "c": 3, "d": 4}


def test_one_seed_counts_once_however_often_it_is_there(tmp_path):
    benchmark_run(tmp_path / "here", "lorenz", "ours", 0, 0.1, ended="2026-01-01")
    benchmark_run(tmp_path / "there", "lorenz", "ours", 0, 0.3, ended="2026-01-02")
    benchmark_run(tmp_path / "there", "lorenz", "ours", 1, 0.5)
    benchmark_run(tmp_path / "elsewhere", "lorenz", "ours", 1, status="failed", reason="no", ended="2027-01-01")
    board, (task,) = board_and_tasks(tmp_path)
    assert task.cells["ours"][ERROR].estimate[:1] == (pytest.approx(0.4),)
    assert [board.shown_path(run).split("/")[0] for run in board.duplicates] == ["here", "elsewhere"]
    assert "another run of this task, method and seed counts" in markdown_report(board, [task])


def test_runs_of_scripts_are_grouped_by_their_data_and_told_apart_by_model_training_and_overrides(tmp_path):
    base = {"script": "train_koopman", "data": "digits", "model": "cnn", "training": "vamp"}
    for variant in ("defaults", "rate=1"):
        folder = benchmark_run(tmp_path / variant, "x", "y", 0, 0.1)
        target = tmp_path / "outputs" / "train_koopman" / "digits" / variant / "seed=0"
        target.parent.mkdir(parents=True)
        folder.rename(target)
        change_record(target, task=None, method=None, **base)
    _, (task,) = board_and_tasks(tmp_path / "outputs")
    assert task.task.name == "digits"
    assert [entry.label for entry in task.order] == ["koopman: cnn, vamp", "koopman: cnn, vamp (rate=1)"]


def test_trials_of_a_search_are_in_no_table_of_results(tmp_path):
    benchmark_run(tmp_path, "lorenz", "ours", 0, 0.1)
    benchmark_run(tmp_path / "searches", "lorenz", "ours", 0, 0.01, scored_on="validation")
    _, tasks = board_and_tasks(tmp_path)
    assert [task.task.name for task in tasks] == ["lorenz", "lorenz, scored on the validation part"]
    assert [task.cells["ours"][ERROR].estimate[0] for task in tasks] == [0.1, 0.01]


def test_csv_has_every_digit_every_score_and_every_run_that_does_not_count(three_methods):
    benchmark_run(three_methods, "lorenz", "broken", 0, status="failed", reason="=SUM(A1)")
    (three_methods / "torn").mkdir()
    (three_methods / "torn" / "record.json").write_text("{")
    rows = rows_of(csv_report(*board_and_tasks(three_methods)))
    ours = {row["score"]: row for row in rows if row["method"] == "ours"}
    assert float(ours[ERROR]["mean"]) == statistics.fmean([0.1, 0.2, 0.3])
    assert (ours[ERROR]["better"], ours[ERROR]["rank"], ours[ERROR]["starts"]) == ("lower", "1.0", "20")
    assert float(ours[ERROR]["fit_cpu_seconds"]) == 3.0
    assert set(ours) == {ERROR, "forecast_horizon", "my_own"}
    (broken,) = [row for row in rows if row["method"] == "broken"]
    assert (broken["status"], broken["reason"]) == ("failed", "failed: =SUM(A1)")
    assert [row["folder"] for row in rows if row["status"] == "unreadable"] == ["torn"]


def test_no_run_at_all_is_an_error(tmp_path):
    with pytest.raises(ConfigurationError, match="there is no run"):
        board_and_tasks(tmp_path)


@pytest.mark.parametrize("better", ["lower", "higher"])
def test_nobody_is_both_better_and_cheaper_than_those_on_the_front(better):
    rng = np.random.default_rng(0)
    costs, scores = rng.integers(1, 9, 30).astype(float), rng.integers(1, 9, 30).astype(float)
    gain = -scores if better == "lower" else scores
    for this, on in enumerate(pareto_front(list(costs), list(scores), better)):
        weakly = (costs <= costs[this]) & (gain >= gain[this])
        assert on == (not np.any(weakly & ((costs < costs[this]) | (gain > gain[this]))))


def test_a_task_with_another_record_is_a_table_of_its_own_with_its_own_ranks(tmp_path):
    for noise in ("0.1", "0.5"):
        asked = {"question_variant": f"data.noise_std={noise}", "group": "all"}
        for seed in (0, 1):
            for method, factor in (("ours", 1.0), ("theirs", 2.0)):
                place = tmp_path / noise
                benchmark_run(place, "lorenz", method, seed, factor * float(noise), variant=f"n={noise}", **asked)
    benchmark_run(tmp_path, "lorenz", "ours", 0, 0.01)
    benchmark_run(tmp_path, "lorenz", "theirs", 0, 0.001)
    board, tasks = board_and_tasks(tmp_path)
    names = ["lorenz", "lorenz (data.noise_std=0.1)", "lorenz (data.noise_std=0.5)"]
    assert [task.task.name for task in tasks] == names
    assert not board.duplicates
    assert [task.ranks for task in tasks] == [{"theirs": 1, "ours": 2}, *(2 * [{"ours": 1, "theirs": 2}])]
    assert [task.cells["ours"][ERROR].estimate.seeds for task in tasks] == [1, 2, 2]
    assert mean_ranks(tasks) == [("ours", pytest.approx(4 / 3), 3), ("theirs", pytest.approx(5 / 3), 3)]


def test_settings_of_a_method_are_rows_of_one_table(tmp_path):
    for steps in ("1", "2"):
        told = {"question_variant": "data.noise_std=0.1", "method_variant": f"trainer.max_steps={steps}"}
        benchmark_run(tmp_path, "lorenz", "ours", 0, float(steps), variant=f"n=0.1,s={steps}", **told)
    _, (task,) = board_and_tasks(tmp_path)
    assert [entry.label for entry in task.order] == [f"ours (trainer.max_steps={steps})" for steps in "12"]


def test_an_ensemble_is_one_row_at_the_cost_of_all_its_members(tmp_path):
    whole = benchmark_run(tmp_path, "lorenz", "several", 0, 0.1, ensemble=[0, 1], fit_cpu_seconds=30.0)
    unfinished = benchmark_run(tmp_path, "lorenz", "several", 1, status="interrupted", ensemble=2)
    for folder in (whole, unfinished):
        for seed in (0, 1):
            told = {"script": "benchmark", "task": "lorenz", "method": "several", "ensemble": {"seeds": [0, 1]}}
            write_run(folder / "members" / f"seed={seed}", {ERROR: 5.0}, seed=seed, fit_cpu_seconds=15.0, **told)
    board, (task,) = board_and_tasks(tmp_path)
    (entry,) = task.order
    assert (entry.label, [run.path for run in entry.runs]) == ("several", [whole, unfinished])
    assert task.cells["several"][ERROR].estimate[:1] == (0.1,)
    assert cost_of(entry, "fit_cpu_seconds").mean == 30.0
    assert not board.duplicates


def test_methods_that_do_not_apply_for_one_reason_share_a_line(tmp_path):
    benchmark_run(tmp_path, "spectrum", "ours", 0, 0.1)
    for method in ("lstm", "sindy"):
        reason = f"method={method} has no eigenvalues"
        for seed in (0, 1):
            benchmark_run(tmp_path, "spectrum", method, seed, status="not_applicable", reason=reason)
    benchmark_run(tmp_path, "spectrum", "dmd", 0, status="failed", reason="method=lstm has no eigenvalues")
    text = markdown_report(*board_and_tasks(tmp_path))
    assert "\n- lstm, sindy, not applicable: has no eigenvalues (seed=0, seed=1)\n" in text
    assert "\n- dmd, failed: method=lstm has no eigenvalues (seed=0)\n" in text
