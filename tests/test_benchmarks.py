"""The benchmarks compare like with like, and say what they measured."""

import json
import sys

import numpy as np
import pytest
import torch
from torch import Tensor

from benchmarks import nested_lora, operator_memory, pair_loading, spectral_contrastive, training_epoch
from benchmarks.measurement import Comparison, Cost, Skipped, compare_costs, require_agreement
from benchmarks.presentation import main


def spectral_contrastive_by_all_pairs(f: Tensor, g: Tensor) -> Tensor:
    squares = (f @ g.T).square()
    others = squares.masked_fill(torch.eye(len(f), dtype=torch.bool), 0.0).sum() / (len(f) * (len(f) - 1))
    return others - 2 * (f * g).sum(dim=1).mean()


def test_moments_beat_the_matrix_of_all_pairs():
    outcome = spectral_contrastive.compare_losses(
        spectral_contrastive_by_all_pairs, batch_size=2048, target=2.0, repetitions=3
    )
    assert outcome.reached, outcome.ratio


@pytest.mark.parametrize(
    ("nesting", "reference"),
    [("joint", nested_lora.joint_by_pairs), ("sequential", nested_lora.sequential_by_moments)],
)
def test_a_loop_over_prefixes_has_the_nested_loss_and_costs_more(nesting, reference):
    assert nested_lora.compare_losses(nesting, "loop", reference, repetitions=3).reached


def test_blocks_of_indices_beat_single_samples():
    assert pair_loading.compare_loaders(n_pairs=4000, dim=1, repetitions=3).reached


def test_ten_times_the_samples_need_no_more_memory():
    operator_memory.streamed_peak(20_000)
    shortest = operator_memory.streamed_peak(20_000)
    assert operator_memory.compare_lengths(200_000, shortest).reached


@pytest.mark.slow
def test_run_and_the_bare_loop_learn_the_same():
    # measure() itself refuses losses that differ by more than 5 %
    (outcome,) = training_epoch.measure(max_epochs=5, n_steps=20_000, repetitions=1)
    assert outcome.ratio.median > 0


def test_two_different_things_are_not_timed():
    def plain_loss_of_all_pairs(f: Tensor, g: Tensor) -> Tensor:
        return (f @ g.T).square().mean() - 2 * (f * g).sum(dim=1).mean()

    with pytest.raises(RuntimeError, match="differ"):
        spectral_contrastive.compare_losses(plain_loss_of_all_pairs, batch_size=64)
    with pytest.raises(RuntimeError, match="differ"):
        require_agreement("a broken reference", np.ones(2), np.array([1.0, np.nan]), 1.0)


def test_the_ratio_is_taken_within_each_repetition():
    slowness = iter([1.0, 1.0, 10.0, 10.0, 100.0, 100.0])  # of the machine, in both halves of a repetition
    outcome = compare_costs(
        "claim",
        "reference",
        lambda: Cost(*[2 * next(slowness)] * 2),
        lambda: Cost(*[6 * next(slowness)] * 2),
        target=3.5,
    )
    assert (outcome.ratio.low, outcome.ratio.median, outcome.ratio.high) == (3.0, 3.0, 3.0)
    assert outcome.ours.median == 20.0
    assert outcome.reached is False


def test_outcomes_are_printed_and_written(tmp_path, monkeypatch, capsys):
    file = tmp_path / "outcomes.json"
    monkeypatch.setattr(sys, "argv", ["benchmarks", "--json", str(file)])
    threads = torch.get_num_threads()
    cost = iter([1.0, 4.0])

    def script() -> list[Comparison | Skipped]:
        assert torch.get_num_threads() == 1
        timed = [lambda: Cost(cpu := next(cost), cpu)] * 2
        return [
            compare_costs("quick thing", "slow thing", *timed, target=2.0, repetitions=1),
            Skipped("another thing", "its package is not installed"),
        ]

    main(script)
    assert torch.get_num_threads() == threads
    shown = capsys.readouterr().out
    assert "quick thing" in shown
    assert "4 [4, 4]" in shown
    assert "skipped: another thing: its package is not installed" in shown
    measured, skipped = json.loads(file.read_text())["outcomes"]
    assert measured["ratio"]["median"] == 4.0
    assert measured["reached"] is True
    assert skipped == {"claim": "another thing", "skipped": "its package is not installed"}
