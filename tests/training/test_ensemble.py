"""Several seeds trained as one batch leave what several runs leave."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import toy_method
import yaml
from toy_runs import toy

from sciml_bench.core.errors import ConfigurationError, DataError, TrainingError
from sciml_bench.core.method import Method
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.report.runs import find_runs
from sciml_bench.training import restore, run
from sciml_bench.training.ensemble import averaged, ensemble_seeds

SEEDS = [3, 5, 8]


def planned(folder: Path, ensemble: Any = None, seed: int = 0, **training: Any) -> dict[str, Any]:
    return toy(folder, "ToyPlanned", {"max_epochs": None}, **training) | {"ensemble": ensemble, "seed": seed}


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished ensemble of three seeds."""
    folder = tmp_path_factory.mktemp("three")
    run(planned(folder, SEEDS))
    return folder


@pytest.mark.parametrize("seed", SEEDS)
def test_each_member_is_the_run_of_its_seed(three: Path, tmp_path: Path, seed: int) -> None:
    run(planned(tmp_path, seed=seed))
    alone, member = RunFolder(tmp_path), RunFolder(three / "members" / f"seed={seed}")
    best_alone, best = (torch.load(folder.best_checkpoint, weights_only=True) for folder in (alone, member))
    assert best["epoch"] == best_alone["epoch"]
    for name, weights in best_alone["state_dict"].items():
        torch.testing.assert_close(best["state_dict"][name], weights, rtol=1e-5, atol=1e-6)
    assert best["value"] == pytest.approx(best_alone["value"], abs=1e-6)
    assert member.metrics == pytest.approx(alone.metrics, abs=1e-5)
    assert files(alone.path) - files(member.path) == {".lock", "checkpoints/last.ckpt"}
    assert alone.record.keys() | {"ensemble"} == member.record.keys()
    for name in ("status", "seed", "epochs", "steps", "parameters", "function_evaluations"):
        assert member.record[name] == alone.record[name], name
    assert member.configuration == alone.configuration | {"run_folder": str(member.path)}
    np.testing.assert_allclose(member.arrays["history_distance"], alone.arrays["history_distance"], atol=1e-6)


def test_the_members_have_their_own_best_epochs(three: Path) -> None:
    epochs = {RunFolder(three / "members" / f"seed={seed}").metrics["best_epoch"] for seed in SEEDS}
    assert len(epochs) > 1


def test_the_members_share_the_cost_of_the_fit(three: Path) -> None:
    whole = RunFolder(three).record
    assert whole["ensemble"] == SEEDS
    assert whole["status"] == "finished"
    assert whole["function_evaluations"] == 3 * 24
    for seed in SEEDS:
        record = RunFolder(three / "members" / f"seed={seed}").record
        assert record["fit_cpu_seconds"] == pytest.approx(whole["fit_cpu_seconds"] / 3)
        assert record["cpu_seconds_per_epoch"] == pytest.approx(record["fit_cpu_seconds"] / 6)
        assert record["wall_seconds"] > record["fit_wall_seconds"]
        assert record["ensemble"] == {
            "members": 3,
            "seeds": SEEDS,
            "fit_cpu_seconds": pytest.approx(whole["fit_cpu_seconds"]),
        }


def test_the_ensembles_metrics_are_mean_and_sample_deviation(three: Path) -> None:
    members = [RunFolder(three / "members" / f"seed={seed}").metrics for seed in SEEDS]
    metrics = RunFolder(three).metrics
    slopes = [member["slope"] for member in members]
    assert set(metrics) == {*members[0], *(f"{name}_std" for name in members[0])}
    assert metrics["slope"] == pytest.approx(sum(slopes) / 3)
    assert metrics["slope_std"] ** 2 == pytest.approx(sum((slope - sum(slopes) / 3) ** 2 for slope in slopes) / 2)
    assert {path.name for path in (three / "figures").iterdir()} == {"learning_curves.png"}
    assert RunFolder(three).arrays["history_epoch"].tolist() == [0, 1, 2, 3, 4, 5]


def test_a_member_is_restored_with_its_best_weights_and_the_ensemble_says_where_they_are(
    three: Path,
) -> None:
    member = three / "members" / "seed=5"
    found = restore(member, ["toy_method"])
    assert found.learned.line.weight.item() == pytest.approx(RunFolder(member).metrics["slope"])
    with pytest.raises(DataError, match=r"holds an ensemble.*members"):
        restore(three, ["toy_method"])


def test_a_comparison_counts_the_members_and_not_the_ensemble(three: Path) -> None:
    finished, unfinished = find_runs([three])
    assert [run.path.name for run in finished] == [f"seed={seed}" for seed in SEEDS]
    assert unfinished == []


def test_a_finished_ensemble_is_returned_without_running_again(three: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in three.rglob("*") if path.is_file() and path.name != ".lock"}
    assert run(planned(three, SEEDS)) == RunFolder(three).metrics
    assert {path: path.stat().st_mtime_ns for path in before} == before


def test_another_ensemble_in_the_folder_is_another_configuration(three: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"ensemble was \[3, 5, 8\], now \[3, 5, 9\].*force=true"):
        run(planned(three, [3, 5, 9]))


def weights(folder: Path, seed: int) -> dict[str, torch.Tensor]:
    return torch.load(RunFolder(folder / "members" / f"seed={seed}").best_checkpoint, weights_only=True)["state_dict"]


def assert_same_ensemble(one: Path, other: Path) -> None:
    assert RunFolder(one).metrics == RunFolder(other).metrics
    for seed in SEEDS:
        expected, found = weights(one, seed), weights(other, seed)
        assert all(torch.equal(expected[name], found[name]) for name in expected)
        one_member, other_member = (RunFolder(folder / "members" / f"seed={seed}") for folder in (one, other))
        assert one_member.metrics == other_member.metrics
        np.testing.assert_array_equal(one_member.arrays["history_distance"], other_member.arrays["history_distance"])


def test_an_ensemble_interrupted_in_the_fit_ends_as_an_uninterrupted_one(
    three: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step = toy_method.ToyJoined.loss

    def interrupted(self: Any, batch: Any):
        if self.progress.epoch == 4:
            raise RuntimeError("interrupted")
        return step(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(toy_method.ToyJoined, "loss", interrupted)
        with pytest.raises(RuntimeError, match="interrupted"):
            run(planned(tmp_path, SEEDS))
    assert RunFolder(tmp_path).status == "failed"
    assert all(weights(tmp_path, seed) for seed in SEEDS)  # nothing good is lost
    run(planned(tmp_path, SEEDS))
    assert RunFolder(tmp_path).record["resumed"] is True
    assert RunFolder(tmp_path).record["function_evaluations"] == 3 * 24
    assert_same_ensemble(three, tmp_path)


def test_an_ensemble_interrupted_between_two_members_completes_the_missing_ones(
    three: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learned, slopes = toy_method.ToyPlanned.learned, []

    def interrupted(self: Any) -> Any:
        if len(slopes) == 1:
            raise RuntimeError("interrupted")
        slopes.append(self.model.weight.item())
        return learned(self)

    with monkeypatch.context() as patch:
        patch.setattr(toy_method.ToyPlanned, "learned", interrupted)
        with pytest.raises(RuntimeError, match="interrupted"):
            run(planned(tmp_path, SEEDS))
    folder = RunFolder(tmp_path)
    folder.write_record({**folder.record, "status": "running"})  # as a kill leaves it
    first = tmp_path / "members" / "seed=3" / "record.json"
    before = first.read_bytes()
    assert json.loads(before)["status"] == "finished"
    run(planned(tmp_path, SEEDS))
    assert first.read_bytes() == before
    assert folder.status == "finished"
    assert_same_ensemble(three, tmp_path)


def test_force_trains_every_member_anew(tmp_path: Path) -> None:
    run(planned(tmp_path, [3, 5]))
    run(planned(tmp_path, [5, 8], learning_rate=0.2) | {"force": True})
    assert {path.name for path in (tmp_path / "members").iterdir()} == {"seed=5", "seed=8"}
    configuration = yaml.safe_load((tmp_path / "members" / "seed=5" / ".hydra" / "config.yaml").read_text())
    assert configuration["training"]["learning_rate"] == 0.2


def test_a_number_of_seeds_counts_on_from_the_runs_seed() -> None:
    assert ensemble_seeds({"seed": 7, "ensemble": 3}) == [7, 8, 9]
    assert ensemble_seeds({"seed": 7, "ensemble": [30, 10]}) == [30, 10]
    assert ensemble_seeds({"seed": 7, "ensemble": None}) is ensemble_seeds({"seed": 7}) is None


def test_an_ensemble_of_one_has_no_deviation(tmp_path: Path) -> None:
    assert set(run(planned(tmp_path, 1, seed=3))) == {"slope", "metric", "best_epoch", "function_evaluations"}


def test_a_score_that_one_member_lacks_is_not_averaged() -> None:
    assert averaged([{"a": 1.0, "b": 1.0}, {"a": 3.0}]) == {"a": 2.0, "a_std": pytest.approx(2**0.5)}


@pytest.mark.filterwarnings("error")
def test_an_infinite_error_of_one_member_is_that_of_the_mean() -> None:
    found = averaged([{"a": 1.0}, {"a": float("inf")}])
    assert found["a"] == float("inf")
    assert np.isnan(found["a_std"])


@pytest.mark.parametrize("ensemble", [0, -1, 1.5, "three", [], [1, 1], [1, -2], [1, None], True])
def test_an_ensemble_that_names_no_distinct_seeds_is_refused(tmp_path: Path, ensemble: Any) -> None:
    with pytest.raises(ConfigurationError, match="ensemble="):
        run(planned(tmp_path / "run", ensemble))
    assert not (tmp_path / "run").exists()


REFUSED = {
    "a method that trains one seed": ("ToyMethod", {}, "ToyMethod trains one seed at a time.*--multirun seed="),
    "a method without epochs": ("ToyDirectMethod", {}, "ToyDirectMethod is fitted without epochs.*--multirun seed="),
    "several processes": ("ToyPlanned", {"devices": 2, "strategy": "ddp"}, "2 processes.*ensemble"),
    "early stopping": ("ToyPlanned", {"early_stopping": {"patience": 2, "min_delta": 0.0}}, "patience=2.*ensemble"),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_an_ensemble_is_refused_before_training_with(tmp_path: Path, reason: str) -> None:
    target, trainer, message = REFUSED[reason]
    with pytest.raises(ConfigurationError, match=message):
        run(toy(tmp_path, target, trainer) | {"ensemble": 2})
    assert not (tmp_path / "checkpoints").exists()
    assert RunFolder(tmp_path).status == "failed"


def test_a_member_whose_score_is_no_number_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def distances(self: Any) -> list[float]:
        return [1.0, float("nan") if self.progress.epoch == 2 else 1.0]

    monkeypatch.setattr(toy_method.ToyJoined, "distances", distances)
    with pytest.raises(TrainingError, match="distance of member 1 of the ensemble became nan after epoch 2"):
        run(planned(tmp_path, 2))


def test_a_method_is_alone_unless_it_says_otherwise() -> None:
    method = Method(None)
    assert method.n_members == 1
    assert method.member_values() is None
    assert method.member_state(0) == {}
    assert method.record_entries() == {}
    assert method.planned_epochs is None
