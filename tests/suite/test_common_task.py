"""The Common Task Framework: its scores against closed forms, its records, and what a run of it leaves."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import scipy.io
from scipy.integrate import solve_ivp

from sciml_bench.command_line import main
from sciml_bench.core.errors import ConfigurationError, DataError, NotApplicableError
from sciml_bench.core.stored.files import write_arrays
from sciml_bench.core.stored.learned_file import read_learned, write_learned
from sciml_bench.data import WholeTrajectoriesView
from sciml_bench.data.common_task import CommonTaskLorenz
from sciml_bench.data.common_task.protocol import File, parts_of
from sciml_bench.suite import compare
from sciml_bench.suite.baselines import BaselineTraining, Persistence
from sciml_bench.suite.common_task import CommonTaskEvaluation, PerfectModel, UnchangedInput
from sciml_bench.suite.common_task.predictions import predictions_of, write_predictions
from sciml_bench.suite.common_task.scores import histogram_score, relative_score, spectrum_score
from sciml_bench.suite.common_task.tails import with_invariant_tail

TIMES = np.linspace(0, 1, 600)


def test_the_norm_is_the_spectral_one() -> None:
    truth = np.diag([3.0, 4.0])
    assert relative_score(truth, np.zeros((2, 2))) == pytest.approx(0)
    assert relative_score(truth, np.diag([3.0, 2.0])) == pytest.approx(50)  # 2 of 4
    # by Frobenius it would be 100 (1 − √2 / 5) = 71.7
    assert relative_score(truth, np.diag([2.0, 3.0])) == pytest.approx(75)


def test_histograms_are_of_the_last_500_rows_over_their_common_range() -> None:
    truth = np.stack([np.arange(600.0), np.arange(600.0)], axis=1)
    changed_early = truth.copy()
    changed_early[:100] = -1e6
    assert histogram_score(truth, changed_early) == 100
    assert histogram_score(truth, truth[::-1] * 0 + 5000) == pytest.approx(-100)  # no bin in common: distance 2
    half = truth.copy()
    half[:, 1] = 5000
    assert histogram_score(truth, half) == pytest.approx(0)


def test_what_is_not_finite_scores_minus_a_hundred() -> None:
    truth = np.ones((600, 3))
    broken = truth * np.nan
    assert relative_score(truth, broken) == histogram_score(truth, broken) == spectrum_score(truth, broken) == -100


def test_spectra_forget_where_a_wave_is_and_remember_how_large() -> None:
    points = 2 * np.pi * np.arange(64) / 64
    truth = np.stack([np.sin(3 * points + phase) for phase in range(30)])
    moved = np.stack([np.sin(3 * points + 1 + phase) for phase in range(30)])
    assert spectrum_score(truth, moved) == pytest.approx(100)
    assert spectrum_score(truth, np.sqrt(0.75) * truth) == pytest.approx(75)


def test_look_alikes_obey_the_law_of_their_file_and_go_on_where_it_ends() -> None:
    record = CommonTaskLorenz("noisy_short", simulation=1)
    record.setup()
    clean, truth, noisy = record.clean_rows, record.truth, np.asarray(record.continued.states[0])
    assert clean is not None
    assert truth is not None
    assert noisy.shape == (100, 3)
    assert np.std(noisy - clean) == pytest.approx(1.0, abs=0.15)

    def law(t, u):
        x, y, z = u
        return [10 * (y - x), x * (28.7 - z) - y, x * y - 8 / 3 * z]

    solved = solve_ivp(law, (0, 0.5), clean[-1], t_eval=0.05 * np.arange(1, 11), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(truth[:10], solved.y.T, atol=1e-5)


class SmallLorenz(CommonTaskLorenz):
    """Few rows: under pytest every call of an annotated function is checked."""

    parts: ClassVar[Any] = parts_of(
        [File(number, 28.0 + number, 120 if number in (1, 2, 3, 6, 7, 8) else 40) for number in range(1, 11)]
    )
    n_ahead = 40


def test_the_family_is_learned_from_whole_or_from_the_record_that_is_continued() -> None:
    whole = SmallLorenz("parameter_beyond")
    whole.setup()
    assert whole.splits["train"].lengths == (120, 120, 120, 40)
    assert whole.splits["train"].names == ("X6train", "X7train", "X8train", "X10train")
    assert whole.continued.lengths == (40,)
    alone = SmallLorenz("parameter_beyond", learn_from="continued")
    alone.setup()
    np.testing.assert_array_equal(alone.continued.states[0], whole.continued.states[0])
    assert alone.splits["train"].lengths == (40,)


def test_the_twelve_scores_and_the_nine_pairs_are_all_asked_for() -> None:
    parts = CommonTaskLorenz.parts
    names = [name for part in parts.values() for name in part.scores]
    assert names == [f"e{number}" for number in range(1, 13)]
    assert [part.pair for part in parts.values()] == list(range(1, 10))


def test_public_files_are_read_and_have_no_truth(tmp_path: Path) -> None:
    rows = np.random.default_rng(0).normal(size=(100, 3))
    scipy.io.savemat(tmp_path / "X4train.mat", {"X4train": rows})
    record = CommonTaskLorenz("clean_short", path=tmp_path)
    record.setup()
    np.testing.assert_array_equal(record.continued.states[0], rows)
    assert record.truth is None
    assert record.clean_rows is None
    assert record.files[0]["path"].endswith("X4train.mat")
    with pytest.raises(ConfigurationError, match=r"there is no X5train.mat"):
        CommonTaskLorenz("noisy_short", path=tmp_path).setup()


def test_a_run_leaves_scores_and_predictions(tmp_path: Path) -> None:
    (row,) = compare("common_task_lorenz_noisy_short", ["persistence"], folder=tmp_path)
    assert row["status"] == "finished"
    assert {"common_task_e9", "common_task_e10"} <= set(row)
    arrays = np.load(Path(row["folder"]) / "arrays.npz")
    last = CommonTaskLorenz("noisy_short")
    last.setup()
    np.testing.assert_allclose(
        arrays["prediction_pair_7"], np.tile(np.asarray(last.continued.states[0])[-1], (1000, 1))
    )


def fitted(baseline: type, part: str) -> tuple[Any, SmallLorenz]:
    record = SmallLorenz(part)
    record.setup()
    return baseline(record.spec).fit(record), record


def test_the_perfect_model_is_the_ceiling_of_simulations_and_of_nothing_else(tmp_path: Path) -> None:
    learned, record = fitted(PerfectModel, "clean_short")
    results = CommonTaskEvaluation()(learned, record)
    assert results.metrics["common_task_e7"] == pytest.approx(100, abs=1e-6)
    assert record.truth is not None
    np.testing.assert_allclose(results.arrays["prediction_pair_6"], record.truth, atol=1e-4)
    write_learned(tmp_path / "learned.ckpt", learned)
    again = read_learned(tmp_path / "learned.ckpt")
    np.testing.assert_array_equal(
        again.forecast(record.continued, 5).states, learned.forecast(record.continued, 5).states
    )
    learned, record = fitted(PerfectModel, "noisy_reconstruction")
    assert CommonTaskEvaluation()(learned, record).metrics == {"common_task_e3": 100.0}
    scipy.io.savemat(tmp_path / "X4train.mat", {"X4train": np.random.default_rng(0).normal(size=(100, 3))})
    of_files = CommonTaskLorenz("clean_short", path=tmp_path)
    of_files.setup()
    with pytest.raises(NotApplicableError, match=r"of simulations of the Common Task Framework alone"):
        PerfectModel(of_files.spec).fit(of_files)


def test_what_does_not_forecast_or_reconstruct_does_not_apply() -> None:
    learned, noisy = fitted(UnchangedInput, "noisy_reconstruction")
    states = CommonTaskEvaluation()(learned, noisy).arrays["prediction_pair_2"]
    np.testing.assert_array_equal(states, noisy.continued.states[0])
    learned, record = fitted(UnchangedInput, "clean_short")
    with pytest.raises(NotApplicableError, match=r"FittedUnchangedInput does not forecast"):
        CommonTaskEvaluation()(learned, record)
    to_forecast, to_reconstruct = record, noisy
    for baseline, asked in ((UnchangedInput, to_forecast), (Persistence, to_reconstruct)):
        method = BaselineTraining(baseline(asked.spec), WholeTrajectoriesView(asked))
        with pytest.raises(NotApplicableError, match=f"does not {asked.protocol.asked[:8]}"):
            CommonTaskEvaluation().require_record(asked, method)
    method = BaselineTraining(Persistence(to_forecast.spec), WholeTrajectoriesView(to_forecast))
    CommonTaskEvaluation().require_record(to_forecast, method)


def test_a_tail_from_the_invariant_measure_has_its_histogram() -> None:
    angles = 2 * np.pi * np.random.default_rng(0).uniform(size=20_000)
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    told = with_invariant_tail(rows, 1000)
    np.testing.assert_array_equal(told[:500], rows[:500])
    # of a uniform angle, the quantile of the cosine at probability p is −cos(π p)
    expected = -np.cos(np.pi * (np.arange(500) + 0.5) / 500)
    np.testing.assert_allclose(told[500:], np.stack([expected, expected], axis=1), atol=0.05)
    assert histogram_score(rows[:1000], told) > histogram_score(rows[:1000], rows[1000:2000]) + 5
    rows[-1, 0] = np.inf
    np.testing.assert_array_equal(with_invariant_tail(rows, 1000), rows[:1000])


def test_one_command_makes_the_files_of_the_challenge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    rows = np.random.default_rng(0).normal(size=(100, 3))
    scipy.io.savemat(tmp_path / "X4train.mat", {"X4train": rows})
    words = ["predict", str(tmp_path), "--tasks", "common_task_lorenz_clean_short", "--method", "persistence"]
    assert main(words) == 0
    expected = np.tile(rows[-1], (1000, 1))
    with np.load("predictions/prediction_pair_6.npz", allow_pickle=False) as file:
        assert file.files == ["states"]
        np.testing.assert_array_equal(file["states"], expected)
    lines = Path("predictions/predictions.csv").read_text().splitlines()
    assert lines[0] == "id,pair_id,timestep,x,y,z"
    assert (lines[1].split(",")[:3], lines[-1].split(",")[:3]) == (["0", "6", "0"], ["999", "6", "999"])
    np.testing.assert_array_equal(np.array([line.split(",")[3:] for line in lines[1:]], dtype=float), expected)


def test_predictions_are_of_one_method_and_in_the_order_of_the_pairs(tmp_path: Path) -> None:
    for pair in (9, 2):
        (tmp_path / f"{pair}").mkdir()
        write_arrays(tmp_path / f"{pair}" / "arrays.npz", {f"prediction_pair_{pair}": np.full((2, 4), float(pair))})
    found, names = predictions_of([tmp_path / "9", tmp_path / "2"])
    assert (list(found), names) == ([2, 9], ("x0", "x1", "x2", "x3"))
    write_predictions(found, names, tmp_path / "told")
    assert (tmp_path / "told" / "predictions.csv").read_text().splitlines()[3] == "2,9,0,9.0,9.0,9.0,9.0"
    with pytest.raises(DataError, match=r"pair 9 stands in another run as well"):
        predictions_of([tmp_path / "9", tmp_path / "9"])
    np.savez(tmp_path / "2" / "arrays.npz", other=np.ones(3))
    with pytest.raises(DataError, match=r"no prediction_pair_<n>"):
        predictions_of([tmp_path / "2"])
