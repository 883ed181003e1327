"""`debug=overfit` of every script: the same first batch in every epoch, whatever a method reads."""

from pathlib import Path
from typing import Any

import pytest
import torch
from omegaconf import OmegaConf
from scripts import SMALL

from sciml_bench.training.build import build
from sciml_bench.training.script import composed

POPULATIONS = [*SMALL["logistic_growth"], "training.view.batch_size=8"]
RUNS = {
    "pairs": ("koopman", ["data=logistic_map", "model=mlp", "data.n_steps=500"]),
    "all trajectories": ("node_homotopy", ["data.end_time=4.0", "data.split={train:21,test:20}"]),
    "one long trajectory": ("mechnn", ["data.n_steps=600", "data.split={train:500,test:100}"]),
    "batches of trajectories": ("mechnn", ["experiment=logistic_discovery", *POPULATIONS]),
    "windows": ("mechnn", ["experiment=two_body", *SMALL["two_body"]]),
    "fresh parameters": ("nsm", ["pde.test_resolutions=[8]", "pde.n_test=1", "pde.n_validation=1", "model.width=2"]),
}


def view_of(paradigm: str, overrides: list[str], folder: Path) -> Any:
    config = composed(paradigm, [*overrides, "logger=none"], folder)
    assert ("view" in config.training) == (paradigm != "nsm")
    _, method = build(OmegaConf.to_container(config, resolve=True))  # type: ignore[arg-type]
    return method.view


def first_batches(view: Any) -> list[list[torch.Tensor]]:
    loader, batches = view.train_loader(seed=0), []
    for epoch in (0, 1):
        loader.sampler.set_epoch(epoch)
        batch = next(iter(loader))
        batches.append([batch] if isinstance(batch, torch.Tensor) else list(batch))
    return batches


@pytest.mark.parametrize(("paradigm", "overrides"), RUNS.values(), ids=RUNS)
def test_overfitting_builds_and_sees_the_same_batch_in_every_epoch(
    paradigm: str, overrides: list[str], tmp_path: Path
) -> None:
    one, other = first_batches(view_of(paradigm, [*overrides, "debug=overfit"], tmp_path))
    assert all(torch.equal(*parts) for parts in zip(one, other, strict=True))


@pytest.mark.parametrize("reads", ["pairs", "batches of trajectories", "windows", "fresh parameters"])
def test_without_it_epochs_differ(reads: str, tmp_path: Path) -> None:
    paradigm, overrides = RUNS[reads]
    one, other = first_batches(view_of(paradigm, overrides, tmp_path))
    assert not all(torch.equal(*parts) for parts in zip(one, other, strict=True))
