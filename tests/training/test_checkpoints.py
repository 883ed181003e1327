from pathlib import Path

import pytest
import torch

from sciml_bench.core.errors import DataError
from sciml_bench.core.stored.checkpoint_file import load_checkpoint
from sciml_bench.training.loop.checkpoints import AtomicCheckpointIO


class Surprise:
    """What a checkpoint from a stranger might hold."""


def test_tensors_and_plain_containers_come_back(tmp_path: Path) -> None:
    content = {"state_dict": {"w": torch.arange(3.0)}, "epoch": 3, "callbacks": {"best": {"value": None}}}
    AtomicCheckpointIO().save_checkpoint(content, tmp_path / "deep" / "last.ckpt")
    found = AtomicCheckpointIO().load_checkpoint(tmp_path / "deep" / "last.ckpt", weights_only=False)
    assert torch.equal(found["state_dict"]["w"], content["state_dict"]["w"])
    assert found["epoch"] == 3
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["last.ckpt"]


def test_a_checkpoint_that_would_run_code_is_refused_whatever_is_asked(tmp_path: Path) -> None:
    torch.save({"state_dict": {}, "extra": Surprise()}, tmp_path / "evil.ckpt")
    with pytest.raises(DataError, match=r"evil\.ckpt is not a readable checkpoint.*force=true"):
        AtomicCheckpointIO().load_checkpoint(tmp_path / "evil.ckpt", weights_only=False)


def test_a_truncated_checkpoint_is_named_with_the_remedy(tmp_path: Path) -> None:
    path = tmp_path / "last.ckpt"
    torch.save({"w": torch.zeros(1000)}, path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(DataError, match=r"last\.ckpt is not a readable checkpoint.*force=true"):
        load_checkpoint(path)


def test_a_missing_checkpoint_is_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load_checkpoint(tmp_path / "nothing.ckpt")


def test_a_failed_save_keeps_the_previous_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    io, path = AtomicCheckpointIO(), tmp_path / "last.ckpt"
    io.save_checkpoint({"state_dict": {}, "epoch": 1}, path)

    def fails(content: object, file: object) -> None:
        file.write(b"half")  # type: ignore[attr-defined]
        raise OSError("no space left")

    monkeypatch.setattr(torch, "save", fails)
    with pytest.raises(OSError, match="no space"):
        io.save_checkpoint({"epoch": 2}, path)
    monkeypatch.undo()
    assert io.load_checkpoint(path) == {"state_dict": {}, "epoch": 1}
    io.remove_checkpoint(path)
    assert path.exists()
