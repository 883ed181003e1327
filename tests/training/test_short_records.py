"""Records of few rows: what nobody chose adapts, what was chosen is refused in one sentence."""

import json
import logging
from pathlib import Path

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.training import run
from sciml_bench.training.build import build
from sciml_bench.training.script import composed
from sciml_bench.training.short_records import adapted

HARES = [30, 47.2, 70.2, 77.4, 36.3, 20.6, 18.1, 21.4, 22, 25.4, 27.1, 40.3, 57, 76.6, 52.3, 19.5, 11.2, 7.6, 14.6]
LYNXES = [4, 6.1, 9.8, 35.2, 59.4, 41.7, 19, 13, 8.3, 9.1, 7.4, 8, 12.3, 19.5, 45.7, 51.1, 29.7, 15.8, 9.7]
PELTS = np.column_stack([np.arange(1900, 1921), [*HARES, 16.2, 24.7], [*LYNXES, 10.1, 8.6]])
"""Hudson's Bay Company, thousands of pelts of hares and lynxes from 1900 to 1920 (Leigh 1968)."""


def pelts(folder: Path, n_rows: int = 21) -> list[str]:
    path = folder / f"pelts_{n_rows}.csv"
    np.savetxt(path, PELTS[:n_rows], delimiter=",", header="year,hare,lynx", comments="")
    return ["data=trajectories", f"data.path={path}", "logger=none"]


@pytest.mark.parametrize(
    ("script", "choices", "said"),
    [
        (
            "koopman",
            [],
            ["one batch of all 11 pairs instead of 256", "model.n_modes=3 (default 10)"],
        ),
        ("koopman", ["training=vamp"], ["one batch of all 11 pairs", "model.n_modes=3"]),
        ("koopman", ["training=linear_ridge"], []),
        ("node_homotopy", [], []),
        ("node_homotopy", ["training=multiple_shooting"], []),
        ("mechnn", [], []),
        ("mechnn", ["training=network", "model=discovery_network"], ["model.window=12 (default 50)"]),
        (
            "mechnn",
            ["training=trajectory_fit", "model=learned_linear_ode"],
            ["training.validation_fraction=0.2 (default 0.1)"],
        ),
    ],
)
def test_twenty_one_rows_go_through_every_script(script, choices, said, tmp_path, caplog) -> None:
    caplog.set_level(logging.INFO)
    run(composed(script, [*pelts(tmp_path), "trainer.max_epochs=2", *choices], tmp_path / "run"))
    assert json.loads((tmp_path / "run" / "record.json").read_text())["status"] == "finished"
    told = [line for line in caplog.messages if line.startswith("short record, 12 rows to learn from: ")]
    assert len(told) == bool(said)
    read = next(number for number, line in enumerate(caplog.messages) if line.startswith("data: "))
    assert all(read < caplog.messages.index(line) for line in told)  # first what was read, then what follows from it
    for words in said:
        assert words in told[0]


def test_a_batch_of_all_pairs_makes_no_record_short() -> None:
    record = TrajectoryFiles.from_arrays(None, np.random.default_rng(0).normal(size=(300, 2)))
    record.setup()
    composed_now = {"training": {"view": {"lag": 1, "batch_size": 256}, "loss": {}}, "model": {"n_modes": 10}}
    composed_now |= {"data": {}, "given": ["data=trajectories"]}
    assert adapted(composed_now, record)["training"]["view"]["batch_size"] == 179
    assert record.adaptation == "one batch of all 179 pairs instead of 256 (training.view.batch_size)"


def test_the_same_command_again_finds_the_finished_run(tmp_path, caplog) -> None:
    caplog.set_level(logging.INFO)
    config = composed("koopman", [*pelts(tmp_path), "trainer.max_epochs=2"], tmp_path / "run")
    assert run(config) == run(config)
    assert any(line.startswith("already finished") for line in caplog.messages)


def test_a_value_that_was_typed_stays_and_is_refused(tmp_path) -> None:
    with pytest.raises(ConfigurationError, match=r"training\.view\.batch_size=256 is larger than the 11 "):
        build(composed("koopman", [*pelts(tmp_path), "training.view.batch_size=256"], tmp_path))
    choices = ["training=network", "model=discovery_network", "model.window=50"]
    _, method = build(composed("mechnn", [*pelts(tmp_path), *choices], tmp_path))
    with pytest.raises(DataError, match=r"model\.window=50: a trajectory has only 12 rows"):
        method.start()
    _, method = build(composed("koopman", [*pelts(tmp_path), "model.n_modes=5"], tmp_path))
    assert method.model.n_modes == method.objective.n_modes == 5


def test_of_few_rows_there_is_no_validation_part_unless_somebody_asks_for_it(tmp_path) -> None:
    record, method = build(composed("koopman", pelts(tmp_path, 12), tmp_path))
    assert {name: part.lengths for name, part in record.splits.items()} == {"train": (9,), "test": (3,)}
    assert (method.view.batch_size, method.model.n_modes, method.objective.n_modes) == (8, 3, 3)
    typed = ["data.split.train=0.6", "data.split.validation=0.2", "data.split.test=0.2"]
    record, _ = build(composed("node_homotopy", [*pelts(tmp_path, 12), *typed], tmp_path))
    assert list(record.splits) == ["train", "validation", "test"]


@pytest.mark.parametrize("script", ["koopman", "mechnn", "node_homotopy"])
def test_a_record_that_is_too_short_is_refused_before_anything_is_trained(script, tmp_path) -> None:
    with pytest.raises(DataError, match=r"data: 4 rows to learn from are too few for any method; .* at least 5 rows"):
        build(composed(script, pelts(tmp_path, 6), tmp_path))


def test_equations_need_two_rows_for_every_term(tmp_path) -> None:
    with pytest.raises(DataError, match=r"7 rows .* too few for the 6 candidate .* at least 12 rows, or .*degree"):
        build(composed("mechnn", pelts(tmp_path, 10), tmp_path))


def test_windows_of_sequences_shorten() -> None:
    record = TrajectoryFiles.from_arrays(None, np.random.default_rng(0).normal(size=(5, 9, 2)), split_by="trajectory")
    record.setup()
    view = {"n_inputs": 10, "n_outputs": 10, "batch_size": 16}
    composed_now = {"training": {"view": view}, "model": {}, "data": {}, "given": ["data=trajectories"]}
    shorter = {"n_inputs": 4, "n_outputs": 4, "batch_size": 6}
    assert adapted(composed_now, record)["training"]["view"] == shorter
    typed = {**composed_now, "given": ["training.view.n_inputs=10", "training.view.n_outputs=10"]}
    assert adapted(typed, record)["training"]["view"]["n_inputs"] == 10
    fitting = {**composed_now, "training": {"view": {"n_inputs": 3, "n_outputs": 1, "batch_size": 64}}}
    assert adapted(fitting, record)["training"]["view"] == {"n_inputs": 3, "n_outputs": 1, "batch_size": 18}
    one = {**composed_now, "training": {"view": {**view, "n_inputs": 20, "n_outputs": 1}}}  # a model of single steps
    assert adapted(one, record)["training"]["view"] == {"n_inputs": 4, "n_outputs": 1, "batch_size": 15}


CHOICE = ["model=library_choice", "training=held_out_choice"]


def test_a_choice_by_held_out_rows_keeps_a_few_of_a_short_record(tmp_path) -> None:
    times = 0.2 * np.arange(12)
    path = tmp_path / "x.csv"
    np.savetxt(path, np.column_stack([times, np.exp(-times)]), delimiter=",", header="t,x", comments="")
    given = ["data=trajectories", f"data.path={path}", "logger=none"]
    record, _ = build(composed("mechnn", [*given, *CHOICE], tmp_path / "run"))
    assert [part.n_states for part in record.splits.values()] == [6, 3, 3]
    assert "validation" in record.adaptation
    run(composed("mechnn", [*given, *CHOICE], tmp_path / "run"))
    assert json.loads((tmp_path / "run" / "record.json").read_text())["status"] == "finished"
    record, _ = build(composed("mechnn", given, tmp_path / "other"))
    assert "validation" not in record.splits


@pytest.mark.parametrize(
    ("n_rows", "said"),
    [
        (8, "data: 8 rows are too few to choose by held-out ones .* for which 11 are needed"),
        (12, "data: 6 rows to learn from are too few to choose by held-out ones .* for which 12 are needed"),
        (16, "data: 9 rows to learn from are too few to choose by held-out ones .* for which 12 are needed"),
    ],
)
def test_a_record_too_short_for_a_choice_is_told_what_to_choose_instead(n_rows, said, tmp_path) -> None:
    given = pelts(tmp_path, n_rows)
    with pytest.raises(DataError, match=f"{said}; .* choose training=closed_form model=polynomials model.degree=1"):
        run(composed("mechnn", [*given, *CHOICE], tmp_path / "run"))
    instead = ["training=closed_form", "model=polynomials", "model.degree=1"]
    run(composed("mechnn", [*given, *instead], tmp_path / "instead"))
    assert json.loads((tmp_path / "instead" / "record.json").read_text())["status"] == "finished"
