"""Records too short for any method: told from the file alone, when and only when building the run would refuse them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sciml_bench.core.errors import DataError
from sciml_bench.data.files.short_files import LARGEST_READ, require_enough_rows
from sciml_bench.training.build import build
from sciml_bench.training.run import plain
from sciml_bench.training.script import composed


def table(folder: Path, n_rows: int) -> Path:
    path, times = folder / f"{n_rows}.csv", np.arange(n_rows)
    columns = np.column_stack([times, np.sin(times) + 2, np.cos(1.3 * times)])
    np.savetxt(path, columns, delimiter=",", header="t,x,y", comments="")
    return path


def refusal(script: str, path: object, *choices: str) -> str | None:
    config = plain(composed(script, ["data=trajectories", f"data.path={path}", *choices]))
    try:
        require_enough_rows(config)
    except DataError as error:
        return str(error)
    return None


@pytest.mark.parametrize(
    ("script", "choices", "fewest"),
    [
        ("koopman", [], 7),
        ("koopman", ["training=linear_ridge", "data.delays=2"], 10),
        ("koopman", ["data.split.train=0.5", "data.split.validation=0", "data.split.test=0.5"], 10),
        ("node_homotopy", [], 7),
        ("mechnn", [], 20),
        ("mechnn", ["model=polynomials_and_sines", "model.degree=1"], 24),
        ("mechnn", ["data.first_row=3"], 23),
    ],
)
def test_refused_with_one_row_less_than_a_run_is_built_from(script, choices, fewest, tmp_path) -> None:
    enough, short = table(tmp_path, fewest), table(tmp_path, fewest - 1)
    assert refusal(script, enough, *choices) is None
    build(composed(script, ["data=trajectories", f"data.path={enough}", *choices], tmp_path / "run"))
    said = refusal(script, short, *choices)
    assert said is not None
    assert said.startswith(f"data.path={short} has {fewest - 1 - ('first_row' in str(choices)) * 3} rows")
    assert said.endswith(f"give {fewest - ('first_row' in str(choices)) * 3} rows or more")
    with pytest.raises(DataError):
        build(composed(script, ["data=trajectories", f"data.path={short}", *choices], tmp_path / "run"))


def test_the_sentence_has_the_key_what_was_found_and_what_is_needed(tmp_path) -> None:
    path = table(tmp_path, 5)
    assert refusal("koopman", path) == (
        f"data.path={path} has 5 rows and 3 to learn from, after data.split; every method needs at least 5: give 7 "
        "rows or more"
    )
    assert "the 6 candidate terms of model.degree=2 need at least 12: give 20 rows or more" in refusal("mechnn", path)
    said = refusal("koopman", path, "data.delays=4", "training=linear_ridge")
    assert said is not None
    assert "0 to learn from, after data.split and data.delays=4; every method needs at least 5: give 12 rows" in said


def test_several_trajectories_count_together(tmp_path) -> None:
    np.savez(tmp_path / "runs.npz", a=np.arange(4.0)[:, None], b=np.arange(5.0)[:, None] ** 2)
    assert refusal("koopman", tmp_path / "runs.npz") is None  # 3 + 3 rows
    assert refusal("koopman", tmp_path / "runs.npz", "data.n_rows=2") is not None
    assert refusal("koopman", tmp_path / "runs.npz", "data.split_by=trajectory") is not None  # a alone


def test_what_is_wrong_otherwise_or_large_is_left_to_the_run(tmp_path) -> None:
    (tmp_path / "words.csv").write_text("t,x\n0,one\n1,two\n")
    large = tmp_path / "large.npy"
    np.save(large, np.zeros((3, LARGEST_READ // 8)))
    for path in (tmp_path / "words.csv", tmp_path / "none.csv", large):
        assert refusal("koopman", path) is None
    assert refusal("koopman", table(tmp_path, 3), "data.split.train=text") is None


@pytest.mark.parametrize("script", ["koopman", "node_homotopy", "mechnn"])
def test_the_command_line_refuses_before_torch_is_imported(script, tmp_path) -> None:
    arguments = ["script", "data=trajectories", f"data.path={table(tmp_path, 4)}", "logger=none"]
    code = (
        f"import sys; sys.argv = {arguments}\nfrom sciml_bench.training.script import main\n"
        f"try: main({script!r})\nexcept SystemExit as end:\n"
        "    print(end.code, sorted({'torch', 'lightning'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path)
    assert done.stdout.strip() == "1 []"
    assert done.stderr.count("\n") == 1
    assert "4 rows and 3 to learn from" in done.stderr


def test_how_many_pieces_there_are_the_split_tells(tmp_path):
    rows = [f"{t / 10},{'' if t % 20 == 0 else t % 7}" for t in range(400)]
    (tmp_path / "holes.csv").write_text("\n".join(["t,x", *rows]))
    given = ("data.split_by=trajectory", "data.missing=split")
    assert refusal("koopman", tmp_path / "holes.csv", *given) is None
    assert refusal("koopman", tmp_path / "holes.csv", "data.split_by=trajectory") is None  # its own sentence follows
