import math
import statistics

import pytest
from omegaconf import OmegaConf
from report_material import write_run
from table5_material import errors, names, write_table5_run

from sciml_bench.core.configuration_root import configuration_root
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.report import find_runs
from sciml_bench.report.comparison import estimate
from sciml_bench.report.replications.table5.cells import Table5, cell_of
from sciml_bench.report.replications.table5.published import COLUMNS
from sciml_bench.training.record import opened_record
from sciml_bench.training.script import composed


def table_of(folder):
    return Table5.of(find_runs([folder])[0])


def test_the_standard_error_shrinks_with_the_root_of_the_number_of_seeds():
    values = [0.686, 0.853, 0.775]
    summary = estimate(values)
    mean = (0.686 + 0.853 + 0.775) / 3
    spread = math.sqrt(sum((value - mean) ** 2 for value in values) / 2)
    assert summary.mean == pytest.approx(mean)
    assert summary.standard_error == pytest.approx(spread / math.sqrt(3))
    assert (summary.median, summary.seeds) == (0.775, 3)


def test_one_seed_has_no_standard_error():
    assert estimate([2.0]) == (2.0, None, 2.0, 1)
    assert estimate([]) is None


@pytest.mark.parametrize(
    ("choices", "cell"),
    [
        ({}, ("homotopy", "lotka_volterra_blackbox")),
        ({"training": "vanilla"}, ("vanilla", "lotka_volterra_blackbox")),
        ({"model": "lotka_graybox"}, ("homotopy", "lotka_volterra_graybox")),
        ({"data": "lorenz63_ko2023", "training": "multiple_shooting"}, ("multiple_shooting", "lorenz_blackbox")),
        ({"data": "double_pendulum_real"}, ("homotopy", "double_pendulum_blackbox")),
        ({"data": "double_pendulum_real", "model": "second_order"}, ("homotopy", "double_pendulum_second_order")),
        ({"training": "homotopy_adaptive"}, None),
        ({"data": "double_pendulum"}, None),
        ({"data": "lorenz63_ko2023", "model": "second_order"}, None),
    ],
)
def test_data_model_and_training_tell_the_cell(choices, cell):
    assert cell_of(names(**choices)) == cell


def test_a_run_of_another_kind_has_no_cell():
    assert cell_of({}) is None
    assert cell_of(names() | {"script": "train_koopman"}) is None


@pytest.mark.parametrize(
    "column", sorted(path.stem for path in (configuration_root() / "node_homotopy/experiment/table5").glob("*"))
)
@pytest.mark.parametrize("method", ["vanilla", "multiple_shooting", "homotopy"])
def test_every_run_of_the_experiment_has_its_cell(column, method):
    overrides = ["experiment=table5", f"+experiment/table5={column}", f"training={method}", "recording=pendulum.txt"]
    config = OmegaConf.to_container(composed("node_homotopy", overrides, folder="run"), resolve=True)
    assert cell_of(opened_record(config, {})) == (method, column)
    assert column in COLUMNS
    assert config["data"].get("path", "pendulum.txt") == "pendulum.txt"


def test_members_of_an_ensemble_are_the_seeds_of_a_cell(tmp_path):
    folder = tmp_path / "homotopy" / "seed=0"
    write_run(folder, errors(100.0), ensemble=[10, 20, 30])
    for seed, error in ((10, 0.01), (20, 0.02), (30, 0.06)):
        write_table5_run(folder / "members" / f"seed={seed}", errors(error), seed=seed)
    table = table_of(tmp_path)
    assert table.values("homotopy", "lotka_volterra_blackbox", "interpolation_mse") == [0.01, 0.02, 0.06]
    summary = table.summary("homotopy", "lotka_volterra_blackbox", "interpolation_mse")
    assert summary.mean == pytest.approx(statistics.fmean([0.01, 0.02, 0.06]))
    assert table.values("homotopy", "lotka_volterra_blackbox", "fit_cpu_seconds") == [2.0, 2.0, 2.0]
    assert table.summary("vanilla", "lorenz_blackbox", "interpolation_mse") is None


def test_a_metric_that_a_run_lacks_is_not_a_number(tmp_path):
    write_table5_run(tmp_path / "a", {"interpolation_mse": 1.0}, data="double_pendulum_real")
    lost = {"interpolation_mse": 2.0, "extrapolation_mse": float("inf")}
    write_table5_run(tmp_path / "b", lost, seed=20, data="double_pendulum_real")
    table = table_of(tmp_path)
    assert table.values("homotopy", "double_pendulum_blackbox", "extrapolation_mse") == []
    assert table.values("homotopy", "double_pendulum_blackbox", "interpolation_mse") == [1.0, 2.0]


def test_runs_of_other_things_are_kept_apart(tmp_path):
    write_table5_run(tmp_path / "a")
    write_table5_run(tmp_path / "b", training="homotopy_adaptive")
    write_run(tmp_path / "c", {"vamp_2_test": 4.0})
    table = table_of(tmp_path)
    assert [run.path.name for run in table.others] == ["b", "c"]
    assert list(table.cells) == [("homotopy", "lotka_volterra_blackbox")]


def test_a_mean_is_never_taken_over_two_configurations(tmp_path):
    write_table5_run(tmp_path / "a", seed=10)
    write_table5_run(tmp_path / "b", seed=20, learning_rate=0.5)
    with pytest.raises(ConfigurationError, match=r"training\.learning_rate is 0\.05 in .* 0\.5 in"):
        table_of(tmp_path)


def test_a_seed_never_counts_twice(tmp_path):
    write_table5_run(tmp_path / "alone", seed=10)
    write_table5_run(tmp_path / "in_ensemble", seed=10)
    with pytest.raises(ConfigurationError, match="seed 10 is in"):
        table_of(tmp_path)


def test_without_any_run_of_the_table_the_remedy_is_named(tmp_path):
    write_run(tmp_path / "koopman", {"vamp_2_test": 4.0})
    with pytest.raises(ConfigurationError, match="experiment=table5"):
        table_of(tmp_path)
