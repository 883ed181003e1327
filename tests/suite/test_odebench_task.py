"""The two tasks of ODEBench: scores against closed forms and another library, a run of all systems, what fails."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from odebench_file import written
from sklearn.metrics import r2_score

from sciml_bench.core.configuration_root import configuration_root
from sciml_bench.core.errors import ConfigurationError, DataError, NotApplicableError
from sciml_bench.core.method import DirectMethod, Method
from sciml_bench.core.stored.learned_file import read_learned
from sciml_bench.scores.equation_scores import coefficient_of_determination
from sciml_bench.suite.composition import composed_run
from sciml_bench.training import run
from sciml_bench.training.loop import EachRecord

FILE = Path(__file__).parents[2].parent / "shared" / "data" / "odebench" / "strogatz_even.json"


def node(group: str, name: str) -> dict:
    return yaml.safe_load((configuration_root() / "benchmark" / group / f"{name}.yaml").read_text())


def ran(folder: Path, method: str, path: Path, *overrides: str) -> tuple[dict, dict]:
    """Metrics and record of a run of the task."""
    choices = {"task": "odebench", "method": method}
    asked = [f"data.path={path}", "logger=none", *overrides]
    run(composed_run(node("task", "odebench"), node("method", method), folder, choices=choices, overrides=asked))
    return (json.loads((folder / name).read_text()) for name in ("metrics.json", "record.json"))


def test_r2_is_that_of_all_components_together() -> None:
    rng = np.random.default_rng(0)
    truth, predicted = rng.standard_normal((2, 30, 3)) * [1, 10, 0.1]
    weighted = r2_score(truth, predicted, multioutput="variance_weighted")
    assert coefficient_of_determination(truth, predicted) == pytest.approx(weighted, rel=1e-12)
    predicted[4, 1] = np.nan
    assert np.isnan(coefficient_of_determination(truth, predicted))


def test_all_systems_of_a_file_are_learned_and_scored_in_one_run(tmp_path: Path) -> None:
    path = written(tmp_path / "small.json")
    metrics, record = ran(tmp_path / "run", "equation_discovery", path)
    # the third has five rows, too few for the candidate terms: it counts as not found
    assert metrics == {
        "reconstructed_fraction": pytest.approx(2 / 3),
        "generalised_fraction": pytest.approx(2 / 3),
        "median_terms": 1.5,
        "failed_fraction": pytest.approx(1 / 3),
    }
    told = record["records"]
    assert record["status"] == "finished"
    assert told["2"]["equations"] == ["dx_0/dt = -0.5 x_0"]
    assert told["7"]["equations"] == ["dx_0/dt = 2 x_1", "dx_1/dt = -2 x_0"]
    assert "too few" in told["9"]["failed"]
    assert sum(each["cpu_seconds"] for each in told.values()) <= record["fit_cpu_seconds"]
    arrays = np.load(tmp_path / "run" / "arrays.npz")
    assert arrays["system_names"].tolist() == ["2", "7", "9"]
    for name in ("reconstruction_r2", "generalisation_r2"):
        np.testing.assert_allclose(arrays[name], [1, 1, np.nan], atol=1e-6)
    learned = read_learned(tmp_path / "run" / "checkpoints" / "learned.ckpt")
    np.testing.assert_allclose(
        learned.by_name["2"].system().vector_field(0.0, torch.tensor([[4.0]])), [[-2.0]], rtol=1e-6
    )
    assert learned.by_name["9"] is None
    again, _ = ran(tmp_path / "run", "equation_discovery", path, "evaluation.least_r2=0.5")  # scored again
    assert again == metrics


def test_pysindy_learns_from_the_same_and_chooses_by_rows_that_it_holds_back(tmp_path: Path) -> None:
    pytest.importorskip("pysindy")
    metrics, record = ran(tmp_path / "run", "sindy", written(tmp_path / "small.json"), "data.dropped_fraction=0.5")
    # on a circle a circle's equation may be added to any law, and what stays of it need not generalise
    assert metrics["reconstructed_fraction"] == pytest.approx(2 / 3)
    assert metrics["generalised_fraction"] >= 1 / 3
    assert "failed" in record["records"]["9"]


@pytest.mark.parametrize(
    ("method", "reason"),
    [
        (
            "persistence",
            "method=persistence finds no equations; choose another method, such as method=equation_discovery",
        ),
        ("mechanistic_network", "method=mechanistic_network is trained step by step"),
    ],
)
def test_what_finds_no_equations_in_one_run_does_not_apply(method: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(NotApplicableError, match=reason):
        ran(tmp_path / "run", method, written(tmp_path / "small.json"))
    record = json.loads((tmp_path / "run" / "record.json").read_text())
    assert (record["status"], reason in record["reason"]) == ("not_applicable", True)


def test_a_single_system_is_no_task(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"data.system=all"):
        ran(tmp_path / "run", "equation_discovery", written(tmp_path / "small.json"), "data.system=2")


class Toy(DirectMethod):
    def __init__(self, reason: str | None = None) -> None:
        super().__init__(None)
        self.reason = reason

    def fit(self) -> None:
        if self.reason:
            raise DataError(self.reason)

    def learned(self) -> None:
        return None


def test_a_run_in_which_every_fit_fails_fails_with_the_first_reason() -> None:
    def built(reason: str | None) -> tuple[None, Method]:
        return None, Toy(reason)

    with pytest.raises(DataError, match="first"):
        EachRecord({"a": lambda: built("first"), "b": lambda: built("second")}).fit()
    one_of_two = EachRecord({"a": lambda: built("first"), "b": lambda: built(None)})
    one_of_two.fit()
    assert one_of_two.record_entries()["records"]["a"]["failed"] == "DataError: first"


@pytest.mark.slow
@pytest.mark.skipif(not FILE.is_file(), reason="the file of ODEBench is not at hand")
@pytest.mark.parametrize(("corruption", "least"), [((0.0, 0.0), (0.9, 0.7)), ((0.02, 0.5), (0.7, 0.4))])
def test_the_textbook_systems_are_found(corruption: tuple, least: tuple, tmp_path: Path) -> None:
    noise, dropped = corruption
    asked = (f"data.multiplicative_noise={noise}", f"data.dropped_fraction={dropped}", "model.degree=3")
    metrics, record = ran(tmp_path / "run", "equation_discovery", FILE, *asked)
    assert metrics["reconstructed_fraction"] >= least[0]
    assert metrics["generalised_fraction"] >= least[1]
    assert record["fit_cpu_seconds"] < 600
