"""What Weights & Biases is told, read back from the file that an offline run leaves."""

import json
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from sciml_bench.core.stored.learned_file import write_learned
from sciml_bench.core.stored.run_folder import RunFolder
from sciml_bench.data import RecordSpec, Trajectories
from sciml_bench.mechnn import BasisLibrary, DiscoveredEquations
from sciml_bench.training.loggers.logging import opened_logger

wandb = pytest.importorskip("wandb")

BLOCK = 2**15


def records(path: Path) -> Iterator[Any]:
    """The messages of an offline run: a header of seven bytes, and LevelDB's log format."""
    from wandb.proto import wandb_internal_pb2

    content, place, parts = path.read_bytes(), 7, b""
    while place + 7 <= len(content):
        left = BLOCK - place % BLOCK
        if left < 7:
            place += left
            continue
        _, length, kind = struct.unpack("<IHB", content[place : place + 7])
        parts += content[place + 7 : place + 7 + length]
        place += 7 + length
        if kind in (1, 4):  # a whole message, or its last part
            yield wandb_internal_pb2.Record.FromString(parts)
            parts = b""


def told(folder: RunFolder) -> dict[str, list[Any]]:
    wandb.teardown()  # the file is complete then
    (path,) = folder.logs.rglob("run-*.wandb")
    found: dict[str, list[Any]] = {}
    for record in records(path):
        kind = record.WhichOneof("record_type")
        found.setdefault(kind, []).append(getattr(record, kind))
    return found


def summary(found: dict[str, list[Any]]) -> dict[str, Any]:
    updates = [update for record in found["summary"] for update in record.update]
    return {"/".join(update.nested_key or [update.key]): json.loads(update.value_json) for update in updates}


def oscillator() -> DiscoveredEquations:
    states = np.random.default_rng(0).standard_normal((20, 2))
    spec = RecordSpec.of(Trajectories((states,), time_step=0.1, component_names=("x", "v")))
    library = BasisLibrary(spec, 1)
    table = {"x": [0.0, -4.0], "v": [1.0, 0.0]}
    return DiscoveredEquations(library, np.array([table.get(name, [0.0, 0.0]) for name in library.names]))


def test_a_run_is_told_with_its_group_tags_directions_figures_and_equations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WANDB_SILENT", "true")
    folder = RunFolder(tmp_path / "benchmark" / "seed=0")
    configuration = {
        "script": "benchmark",
        "choices": {"task": "lorenz63_forecast", "method": "sindy", "paradigm": "baselines", "model": "sindy"},
        "logger": {
            "_target_": "sciml_bench.training.loggers.WeightsAndBiasesLogging",
            "offline": True,
            "tags": ["mine"],
        },
    }
    with opened_logger(configuration, folder) as opened:
        write_learned(folder.learned_checkpoint, oscillator())
        folder.figures.mkdir()
        Image.new("RGB", (8, 8)).save(folder.figures / "forecast.png")
        opened.conclude({"forecast_standardised_error": 0.25, "valid_prediction_time": 7.0, "best_epoch": 3.0}, 12)
    assert wandb.run is None
    found = told(folder)
    (run,) = found["run"]
    assert (run.project, run.run_group) == ("sciml-bench", "lorenz63_forecast")
    assert list(run.tags) == ["baselines", "sindy", "mine"]
    ways = {metric.name: (metric.summary.min, metric.summary.max) for metric in found["metric"] if metric.name}
    assert ways["forecast_standardised_error"] == (True, False)
    assert ways["valid_prediction_time"] == (False, True)
    assert "best_epoch" not in ways  # neither way is better
    final = summary(found)
    assert final["forecast_standardised_error"] == {"min": 0.25}
    assert final["valid_prediction_time"] == {"max": 7.0}
    assert final["best_epoch"] == 3
    kinds = {key: value for key, value in final.items() if key.endswith("_type")}
    assert kinds == {"figures/forecast/_type": "image-file", "equations/_type": "html-file"}
    (page,) = folder.logs.rglob(Path(final["equations/path"]).name)
    assert page.read_text() == "<pre>" + "\n".join(oscillator().equations()) + "</pre>"
    assert "dv/dt = -4 x" in page.read_text()


def test_a_run_of_a_script_is_grouped_by_its_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_SILENT", "true")
    folder = RunFolder(tmp_path / "seed=0")
    logger = {"_target_": "sciml_bench.training.loggers.WeightsAndBiasesLogging", "offline": True}
    choices = {"data": "lorenz63", "model": "mlp", "training": "vamp", "logger": "wandb", "callbacks": None}
    with opened_logger({"script": "train_koopman", "choices": choices, "logger": logger}, folder) as opened:
        opened.conclude({}, 0)  # nothing to show is no mistake
    (run,) = told(folder)["run"]
    assert (run.run_group, list(run.tags)) == ("lorenz63", ["koopman", "mlp", "vamp", "lorenz63"])
