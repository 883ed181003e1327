"""A search by Optuna: trials are ordinary runs, scored on the validation part, and a repeated command goes on."""

import contextlib
import json
import math
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import DictConfig, OmegaConf

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.sources import SimulatedTrajectories
from sciml_bench.suite import benchmark
from sciml_bench.systems import Lorenz63
from sciml_bench.training.build import scored_record
from sciml_bench.training.run import plain
from sciml_bench.training.script import main
from sciml_bench.training.search.search import Search
from sciml_bench.training.search.study import opened_study

optuna = pytest.importorskip("optuna", reason="the extra sweep is not installed")

OBJECTIVE = "forecast_standardised_error"
SPACE = (
    "training.view.lag=int(interval(1,9))",
    "training.learning_rate=tag(log,interval(1e-4,1e-1))",
    "training.view.batch_size=64,128",
)


def value_of(config: DictConfig) -> float:
    """The objective that a run would have: smallest at a learning rate of .01 and a lag of 3."""
    return abs(math.log10(config.training.learning_rate) + 2) + abs(config.training.view.lag - 3) / 10


@pytest.fixture
def searched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[DictConfig]]:
    """The configurations that the trials of a command had; one of them may be interrupted, or fail."""
    monkeypatch.chdir(tmp_path)

    def search(*words: str, stop_at: int = -1, fails_at: int = -1) -> list[DictConfig]:
        seen: list[DictConfig] = []

        def run(config: DictConfig) -> dict[str, float]:
            seen.append(OmegaConf.create(plain(config)))
            if len(seen) == stop_at + 1:
                raise KeyboardInterrupt
            if len(seen) == fails_at + 1:
                raise ConfigurationError("a mistake")
            return {OBJECTIVE: value_of(config)}

        monkeypatch.setattr(sys.modules["sciml_bench.training.run"], "run", run)
        asked = ["--multirun", "hydra/sweeper=search", f"objective={OBJECTIVE}", "data=logistic_map", *SPACE, *words]
        monkeypatch.setattr(sys, "argv", ["train_koopman.py", *asked])
        with contextlib.suppress(KeyboardInterrupt, SystemExit):
            main("koopman")
        return seen

    return search


def chosen(config: DictConfig) -> tuple[int, float, int]:
    return config.training.view.lag, config.training.learning_rate, config.training.view.batch_size


def test_a_search_that_was_interrupted_goes_on_with_the_same_trials(
    searched: Callable[..., list[DictConfig]], capsys: pytest.CaptureFixture[str]
) -> None:
    whole = searched("hydra.sweeper.n_trials=2", "hydra.sweep.dir=whole")
    broken = searched("hydra.sweeper.n_trials=2", "hydra.sweep.dir=broken", stop_at=1)
    rest = searched("hydra.sweeper.n_trials=2", "hydra.sweep.dir=broken")
    assert [chosen(config) for config in broken] == [chosen(config) for config in whole[:2]]
    assert [chosen(config) for config in rest] == [chosen(config) for config in whole[1:]]  # the second one again
    assert rest[0].run_folder == broken[1].run_folder
    assert searched("hydra.sweeper.n_trials=2", "hydra.sweep.dir=broken") == []
    assert all(1 <= lag <= 9 and 1e-4 <= rate <= 1e-1 and size in (64, 128) for lag, rate, size in map(chosen, whole))
    assert len({config.run_folder for config in whole}) == 2
    assert {config.scored_on for config in whole} == {"validation"}
    best, said = min(whole, key=value_of), capsys.readouterr().err
    assert said.count(f"best {OBJECTIVE}: {value_of(best):.6g} (2 trials, of which 0 failed; ") == 3
    words = f"data=logistic_map training.view.lag={best.training.view.lag} training.learning_rate="
    assert f"python train_koopman.py {words}{best.training.learning_rate!r}" in said


def test_proposals_follow_from_the_trials_that_are_there(tmp_path: Path) -> None:
    space = {"x": optuna.distributions.FloatDistribution(-10, 10)}

    def search(journal: Path, n_trials: int) -> list[float]:
        with opened_study(journal, OBJECTIVE, "minimize", space) as study:
            for _ in range(n_trials):
                (trial,) = study.proposed(1)
                study.tell(trial, (trial.params["x"] - 3) ** 2)
            return [trial.params["x"] for trial in study.study.trials]

    whole = search(tmp_path / "whole.journal", 30)
    with opened_study(tmp_path / "broken.journal", OBJECTIVE, "minimize", space) as study:
        study.proposed(1)  # killed before it had a value
    assert search(tmp_path / "broken.journal", 17)[-1] == whole[16]
    assert search(tmp_path / "broken.journal", 13) == whole
    near = np.abs(np.array(whole) - 3) < 1  # one in ten by chance
    assert near[10:].mean() > 0.3
    with opened_study(tmp_path / "whole.journal", OBJECTIVE, "minimize", space):
        begun = opened_study(tmp_path / "whole.journal", OBJECTIVE, "minimize", space)
        with pytest.raises(ConfigurationError, match="another process is searching with"):
            begun.__enter__()


def test_a_trial_that_fails_counts_and_is_listed(
    searched: Callable[..., list[DictConfig]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(searched("hydra.sweeper.n_trials=2", "hydra.sweeper.n_jobs=2", fails_at=1)) == 2
    said = capsys.readouterr().err
    assert "(2 trials, of which 1 failed; " in said
    assert "1 job(s) of the sweep failed" in said


def test_trials_with_the_same_settings_are_run_once_at_a_time(tmp_path: Path) -> None:
    overrides, batches = OverridesParser.create().parse_overrides(["model.n_modes=2,4", "seed=1"]), []

    def run_trials(batch: list[list[str]], first: int) -> list[float]:
        batches.append(batch)
        return [1.0] * len(batch)

    Search(n_trials=9, n_jobs=3).run(overrides, OBJECTIVE, tmp_path, "train_koopman", run_trials)
    assert len(batches) == 3  # of three trials with two settings
    for batch in batches:
        assert len({tuple(words) for words in batch}) == len(batch) <= 2
        assert all(words[:2] == ["seed=1", "scored_on=validation"] for words in batch)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["objective=null"], "objective=null: give a metric to search by"),
        (["objective=best_epoch"], "hydra.sweeper.direction=minimize or maximize"),
        (["hydra.sweeper.n_trials=0"], "hydra.sweeper.n_trials=0: try at least once"),
        (["training.view.lag=int(interval(9,1))"], "training.view.lag=int(interval(9,1))"),
        (["training.view.lag=3", "training.learning_rate=0.1"], "nothing is to be chosen; give intervals"),
    ],
)
def test_what_cannot_be_searched_is_told_in_one_sentence(
    words: list[str],
    sentence: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    base = {"objective": f"objective={OBJECTIVE}", "training.view.lag": "training.view.lag=1,2"}
    given = {word.partition("=")[0]: word for word in words}
    arguments = ["--multirun", "hydra/sweeper=search", "data=logistic_map", *(base | given).values()]
    monkeypatch.setattr(sys, "argv", ["train_koopman.py", *arguments])
    with pytest.raises(SystemExit):
        main("koopman")
    assert sentence in capsys.readouterr().err


@pytest.mark.usefixtures("undrawn")
def test_trials_of_a_benchmark_are_runs_that_never_see_the_test_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    words = ["task=lorenz63_forecast", "method=persistence,training_mean", "data.n_steps=400"]
    words += ["evaluation.horizon=10", "evaluation.long_run_rows=null"]
    words += ["hydra/sweeper=search", "hydra.sweeper.n_trials=2", f"objective={OBJECTIVE}"]
    monkeypatch.setattr(sys, "argv", ["benchmark.py", "--multirun", *words])
    benchmark.main()
    folders = sorted(path.parent for path in tmp_path.rglob("metrics.json"))
    assert {folder.parts[-3] for folder in folders} <= {"persistence", "training_mean"}
    assert all("outputs/searches/benchmark/lorenz63_forecast" in str(folder) for folder in folders)
    assert json.loads((folders[0] / "record.json").read_text())["scored_on"] == "validation"
    record = SimulatedTrajectories(Lorenz63(), burn_in=20.0, n_steps=400, time_step=0.05, split={"train": 1.0})
    record.setup()
    with np.load(folders[0] / "arrays.npz") as arrays:  # rows 200 to 240 are the validation part
        np.testing.assert_array_equal(arrays["true_states"], record.splits["train"].states[0][200:210])


def test_of_an_equation_there_is_no_validation_part_to_score() -> None:
    with pytest.raises(ConfigurationError, match=r"scored_on=validation: an equation has test parameters alone"):
        scored_record({"scored_on": "validation"}, object())
    with pytest.raises(ConfigurationError, match=r"scored_on=train: choose one of test, validation"):
        scored_record({"scored_on": "train"}, object())
    assert scored_record({"scored_on": "test"}, 1) == scored_record({}, 1) == 1
