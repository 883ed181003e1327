import pickle
from fractions import Fraction
from pathlib import Path

import pytest
import torch

from sciml_bench.core.errors import DataError
from sciml_bench.core.stored.checkpoint_file import load_checkpoint


def test_a_checkpoint_of_tensors_is_read_with_what_must_be_in_it(tmp_path: Path) -> None:
    torch.save({"state_dict": {"weight": torch.eye(2)}, "epoch": 3}, tmp_path / "best.ckpt")
    assert load_checkpoint(tmp_path / "best.ckpt", keys=("state_dict", "epoch"))["epoch"] == 3


@pytest.mark.parametrize(
    ("content", "missing"),
    [([torch.eye(2)], "state_dict"), (torch.eye(2), "state_dict"), (None, "state_dict"), ({}, "state_dict")],
)
def test_a_checkpoint_that_is_a_list_or_lacks_its_weights_says_so_in_one_sentence(
    tmp_path: Path, content: object, missing: str
) -> None:
    torch.save(content, tmp_path / "best.ckpt")
    with pytest.raises(DataError, match=rf"best\.ckpt is a checkpoint without {missing}; repeat the run") as raised:
        load_checkpoint(tmp_path / "best.ckpt")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("content", [b"", b"no checkpoint", pickle.dumps(Fraction(1, 3)), pickle.dumps([1])])
def test_a_file_that_is_no_checkpoint_says_so_in_one_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "last.ckpt").write_bytes(content)
    with pytest.raises(DataError, match=r"last\.ckpt is (not a readable checkpoint|a checkpoint without)") as raised:
        load_checkpoint(tmp_path / "last.ckpt")
    assert "\n" not in str(raised.value)


def test_an_object_in_a_checkpoint_is_not_made(tmp_path: Path) -> None:
    torch.save({"state_dict": {}, "other": Fraction(1, 3)}, tmp_path / "best.ckpt")
    with pytest.raises(DataError, match="not a readable checkpoint"):
        load_checkpoint(tmp_path / "best.ckpt")


def test_a_checkpoint_that_is_missing_is_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_checkpoint(tmp_path / "best.ckpt")
