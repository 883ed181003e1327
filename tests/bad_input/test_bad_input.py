"""Whatever is asked for wrongly ends in one sentence that names it, before anything is trained or left half written."""

import gc
import json
import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import lightning.pytorch as pl
import numpy as np
import pytest
import zarr
from bad_rows import Row, table
from scripts import command_line

from sciml_bench.command_line import main

TABLE = table()
INFORMATION = ("data: ", "computing ", "simulating ", "short record, ", "one batch of all ")
"""With which lines begin that are no errors."""
CLASS = re.compile(r"(?<![\w./'])[A-Z][a-z]{2,}[A-Z]\w*")
"""The name of a class of several words, that is in no dotted name and no path."""


class TrainingBegan(BaseException):
    """A fit was started."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run, of a method that takes no time."""
    folder = tmp_path_factory.mktemp("finished") / "run"
    words = ["data=linear_gaussian", "data.n_steps=400", "training=linear_ridge", "logger=none"]
    words += [f"hydra.run.dir={folder}", "evaluation.n_bootstrap=2"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sciml_bench.training.scoring.pictures_of", lambda arrays: {})
        assert command_line(patch, "koopman", *words) == 0
    gc.collect()
    gc.freeze()  # every run collects garbage first, among all that hundreds of test modules have made
    return folder


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files that cannot be used, and one that can."""
    folder = tmp_path_factory.mktemp("workplace")
    count, rng = [str(number) for number in range(100)], np.random.default_rng(0)
    clocks = {
        "good": count,
        "header": [],
        "one_row": ["0"],
        "nan_times": ["0", "1", "nan", *count[3:]],
        "infinite_times": ["0", "1", "inf", *count[3:]],
        "one_back": ["0", "2", "1", *count[3:]],
        "falling_times": count[::-1],
        "repeated_times": [str(number // 2) for number in range(100)],
    }
    for name, times in clocks.items():
        rows = [f"{time},{number % 7},{number % 5}" for number, time in enumerate(times)]
        (folder / f"{name}.csv").write_text("\n".join(["t,x,v", *rows]) + "\n")
    cells = {"infinite": (5, "inf,1"), "text": (7, "2,hot"), "no_value": (3, ",4")}
    for name, (number, cell) in cells.items():
        days = [f"2020-01-{1 + each:02d}" if name == "no_value" else str(each) for each in range(30)]
        lines = [f"{day},{cell if each == number else f'{each},1'}" for each, day in enumerate(days)]
        (folder / f"{name}.csv").write_text("\n".join(["date,x,v" if name == "no_value" else "t,x,v", *lines]) + "\n")
    stacked = [f"{number // 50},{number % 50},{number % 7},{number % 5}" for number in range(100)]
    tables = {
        "headless": stacked,
        "no_id": ["id,t,x,v", *stacked[:5], ",5,1,1", *stacked[6:]],
        "shuffled": ["id,t,x,v", *(stacked[number * 37 % 100] for number in range(100))],
        "words": ["t,site,x,v", *(f"{number},{'ab'[number % 2]},{number % 7},1" for number in range(30))],
        "two_clocks": ["t,date,x,v", *(f"{number},2020-01-{1 + number:02d},{number % 7},1" for number in range(30))],
    }
    for name, lines in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(lines) + "\n")
    (folder / "empty").mkdir()
    for name in ("empty.csv", "empty.npy", "empty.npz"):
        (folder / name).touch()
    (folder / "table.unknown").write_text("1,2\n")
    (folder / "bytes.csv").write_bytes(bytes(range(256)))
    np.save(folder / "complex.npy", rng.standard_normal((50, 2)) * 1j)
    np.save(folder / "words.npy", np.array(["a", "b"]))
    np.save(folder / "holes.npy", np.where(np.arange(200).reshape(100, 2) == 7, np.nan, rng.standard_normal((100, 2))))
    np.save(folder / "huge.npy", np.full((100, 2), 1e300) * rng.standard_normal((100, 2)))
    zarr.create_array(folder / "endless.zarr", shape=(10**12, 2), chunks=(10**6, 2), dtype="f4")
    np.savez(folder / "clocked.npz", states=rng.standard_normal((100, 2)), t=np.tile(np.arange(50.0), 2))
    return folder


@pytest.fixture(autouse=True)
def nothing_is_trained(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, workplace: Path) -> None:
    """A fit would begin here."""
    request.getfixturevalue("run")

    def began(*_: object, **__: object) -> None:
        raise TrainingBegan

    monkeypatch.setattr(pl.Trainer, "fit", began)
    monkeypatch.setattr("sciml_bench.training.loop.fit.fit_directly", began)
    monkeypatch.chdir(workplace)


@pytest.fixture(autouse=True)
def not_for_minutes() -> Iterator[None]:
    signal.signal(signal.SIGALRM, lambda *_: pytest.fail("no answer for a minute"))
    signal.alarm(60)
    yield
    signal.alarm(0)


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("row", [pytest.param(row, marks=[pytest.mark.slow] * row.slow) for row in TABLE], ids=str)
def test_what_is_wrong_is_told_in_one_sentence_before_training(
    row: Row, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], run: Path, workplace: Path
) -> None:
    before, finished = files_below(workplace), {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    words = [str(run) if word == "RUN" else word for word in row.words]
    if row.script == "verb":
        try:
            code = main(words)
        except SystemExit as stop:  # of argparse
            code = int(stop.code or 0)
    else:
        code = command_line(monkeypatch, row.script, "logger=none", *words)
    said = [line for line in capfd.readouterr().err.splitlines() if line and not line.startswith(INFORMATION)]
    assert code == row.code, said
    if code == 2:  # of argparse, which shows the usage first
        said = said[-1:]
    assert len(said) == 1, said
    assert code == 2 or said[0].startswith("error: ")
    for part in row.parts:
        assert part in said[0]
    assert row.script == "verb" or not CLASS.search(said[0]), "a person has typed the name of no class"
    left = files_below(workplace) - before
    assert not [name for name in left if name.endswith((".incomplete", ".ckpt", "metrics.json", ".npz", ".csv"))]
    for name in left:
        if name.endswith("record.json"):
            assert json.loads((workplace / name).read_text())["status"] in ("failed", "not_applicable")
    assert not (workplace / "nowhere").exists()
    for folder in ("outputs", "multirun"):  # they grow, and every row looks through the workplace twice
        shutil.rmtree(workplace / folder, ignore_errors=True)
    assert {path: path.read_bytes() for path in run.rglob("*") if path.is_file()} == finished


def test_the_table_is_long_enough() -> None:
    assert len([row for row in TABLE if not row.slow]) >= 250
    assert len(set(map(str, TABLE))) > 240


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("KortewegDeVriesFields.load_splits", ["experiment=kdv", "model.width=1000000"]),
        (
            "SimulatedTrajectories.load_splits",
            ["model=discovery_network", "training=network", "model.hidden_width=1000000"],
        ),
    ],
)
def test_a_network_that_is_too_wide_is_refused_before_data_are_made(source, words, monkeypatch, capfd) -> None:
    made = []
    monkeypatch.setattr(f"sciml_bench.data.sources.{source}", lambda record: made.append(record))
    assert command_line(monkeypatch, "mechnn", "logger=none", *words) == 1
    assert "error: model: a network of these sizes needs about" in capfd.readouterr().err
    assert not made
