"""Discovery tasks: equations beside the true ones and what they forecast; other methods do not apply."""

from pathlib import Path

import pytest
from omegaconf import OmegaConf

from sciml_bench.core.configuration_root import configuration_root
from sciml_bench.suite import compare
from sciml_bench.suite.comparison import names_of

TASKS = [name for name in names_of("task") if name.endswith("_discovery")]


def test_noise_and_sampling_interval_of_every_task_are_those_of_its_record() -> None:
    for name in TASKS:
        written = OmegaConf.load(configuration_root() / "benchmark" / "task" / f"{name}.yaml")
        node = OmegaConf.to_container(OmegaConf.create({"task": {**written, "noise_std": 0.3}}), resolve=True)["task"]
        assert {f"data.time_step={written.time_step}", "data.noise_std=0.3"} <= set(node["record"])


@pytest.mark.parametrize(("noise", "error"), [("0.0", 1e-9), ("1.25", 0.02)])
def test_the_law_of_a_population_of_up_to_74_is_found_in_noise_too(noise: str, error: float, tmp_path: Path) -> None:
    methods = ["equation_discovery"] if noise != "0.0" else ["equation_discovery", "persistence", "koopman_vamp"]
    asked = [f"data.noise_std={noise}"]
    rows = compare("logistic_growth_discovery", methods, folder=tmp_path, overrides=asked)
    assert [row["status"] for row in rows] == ["finished", "not_applicable", "not_applicable"][: len(rows)]
    assert (rows[0]["support_f1"], rows[0]["exact_support"], rows[0]["n_terms"]) == (1, 1, 2)
    assert rows[0]["coefficient_error"] < error
    assert rows[0]["forecast_standardised_error"] < rows[0]["persistence_standardised_error"] / 3
    lacks = "finds no equations; choose another method, such as method=equation_discovery"
    assert [row["reason"] for row in rows[1:]] == [
        f"method=persistence {lacks}",
        f"method=koopman_vamp {lacks}",
    ][: len(rows) - 1]


def test_pysindy_is_scored_alike(tmp_path: Path) -> None:
    pytest.importorskip("pysindy")
    (row,) = compare("logistic_growth_discovery", "sindy", folder=tmp_path)
    assert (row["support_f1"], row["n_terms"]) == (1, 2)
    assert row["coefficient_error"] < 1e-4
