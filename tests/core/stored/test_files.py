import json
from pathlib import Path
from typing import BinaryIO

import numpy as np
import pytest

from sciml_bench.core.errors import DataError
from sciml_bench.core.stored.files import (
    NOT_FINITE,
    TEMPORARY_SUFFIX,
    read_arrays,
    read_json,
    remove_incomplete,
    write_arrays,
    write_atomically,
    write_json,
)


def test_a_writer_that_fails_half_way_leaves_the_earlier_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "metrics.json"
    path.write_text("earlier")

    def broken(file: BinaryIO) -> None:
        file.write(b"new, but not all of")
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        write_atomically(path, broken)
    assert path.read_text() == "earlier"
    assert [entry.name for entry in tmp_path.iterdir()] == ["metrics.json"]


def test_nobody_sees_a_file_before_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "file.bin"
    seen: list[bool] = []

    def write(file: BinaryIO) -> None:
        file.write(b"half")
        file.flush()
        seen.append(path.exists())
        file.write(b"whole")

    write_atomically(path, write)
    assert seen == [False]
    assert path.read_bytes() == b"halfwhole"
    assert path.stat().st_mode & 0o777 == 0o644


def test_json_comes_back_as_it_went(tmp_path: Path) -> None:
    content = {"vamp": 0.1 + 0.2, "steps": 3, "name": "ä", "nested": {"list": [1, None, True]}}
    write_json(tmp_path / "a.json", content)
    assert read_json(tmp_path / "a.json") == content
    assert json.loads((tmp_path / "a.json").read_text()) == content


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), np.float64("inf")])
def test_a_number_that_is_not_finite_stands_in_strict_json_as_text(tmp_path: Path, number: float) -> None:
    write_json(tmp_path / "a.json", {"loss": number, "members": [1.0, (number,)], "fit": {"error": number}})
    text = str(float(number))
    assert json.loads((tmp_path / "a.json").read_text(), parse_constant=pytest.fail) == {
        "loss": text,
        "members": [1.0, [text]],
        "fit": {"error": text},
    }
    assert text in NOT_FINITE


@pytest.mark.parametrize("text", ["{", "[1, 2]", "3", "\xff\xfe", ""])
def test_a_damaged_json_file_is_named_with_the_remedy(tmp_path: Path, text: str) -> None:
    path = tmp_path / "record.json"
    path.write_bytes(text.encode("latin1"))
    with pytest.raises(DataError, match=r"record\.json.*remove it and repeat"):
        read_json(path)


def test_arrays_come_back_with_their_types(tmp_path: Path) -> None:
    arrays = {
        "spectrum": np.array([1 + 2j, 0.5]),
        "empty": np.zeros((0, 3)),
        "names": np.array(["a", "bc"]),
        "images": np.arange(6, dtype=np.float32).reshape(1, 2, 3),
    }
    write_arrays(tmp_path / "a.npz", {**arrays, "list": [1, 2, 3]})
    found = read_arrays(tmp_path / "a.npz")
    assert set(found) == {*arrays, "list"}
    for name, array in arrays.items():
        np.testing.assert_array_equal(found[name], array)
        assert found[name].dtype == array.dtype


def test_python_objects_are_neither_written_nor_read(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'ragged'"):
        write_arrays(tmp_path / "a.npz", {"ragged": np.array([None, {}], dtype=object)})
    assert not list(tmp_path.iterdir())
    np.savez(tmp_path / "evil.npz", objects=np.array([print], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        read_arrays(tmp_path / "evil.npz")


def test_a_single_array_is_no_archive_of_named_ones(tmp_path: Path) -> None:
    np.save(tmp_path / "one.npy", np.zeros(3))
    with pytest.raises(DataError, match=r"one\.npy holds one array without a name; write it with numpy\.savez"):
        read_arrays(tmp_path / "one.npy")


def test_what_killed_writers_left_is_removed_and_the_rest_stays(tmp_path: Path) -> None:
    (tmp_path / "checkpoints").mkdir()
    kept = tmp_path / "checkpoints" / "last.ckpt"
    left = tmp_path / "checkpoints" / f"last.ckpt.abc{TEMPORARY_SUFFIX}"
    for path in (kept, left):
        path.write_bytes(b"x")
    remove_incomplete(tmp_path)
    assert kept.exists()
    assert not left.exists()
