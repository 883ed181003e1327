"""The benchmarks compare like with like, and say what they measured."""

import json
import sys

import numpy as np
import pytest
import torch
from torch import Tensor

from benchmarks import (
    ensemble,
    homotopy_training,
    larger_than_memory,
    multiple_shooting_batch,
    neighbour_lists,
    nested_lora,
    neural_ode_gradient,
    operator_memory,
    pair_loading,
    spectral_contrastive,
    training_epoch,
    two_processes,
)
from benchmarks.lotka_volterra_field import fitted_field, gradient, observed_motion, plain_network, weights_then_biases
from benchmarks.measurement import Comparison, Cost, Skipped, compare_all, compare_costs, require_agreement
from benchmarks.presentation import main
from sciml_bench.data.sources import TrajectoryFiles


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


def test_neighbour_lists_that_are_kept_are_those_of_every_item():
    pytest.importorskip("ase", reason="needs the extra `molecules`")
    # compare_lists itself refuses features that differ; how much faster they are, the benchmark tells
    rows = neighbour_lists.compare_lists(n_atoms=10, n_frames=32, repetitions=1)
    assert all(row.ratio.median > 0 for row in rows)


@pytest.mark.slow
def test_a_store_is_learned_from_in_little_memory_and_beside_a_cut_of_it(tmp_path):
    pytest.importorskip("zarr", reason="needs the extra `files`")
    rows = larger_than_memory.measure(gigabytes=0.02, parent=tmp_path)
    assert [row.reached for row in rows[:2]] == [True, True]
    assert all(row.ratio.median > 0 for row in rows)
    assert list(tmp_path.iterdir()) == []


def test_the_process_of_the_store_has_the_correlations_that_are_known(tmp_path):
    pytest.importorskip("zarr", reason="needs the extra `files`")
    larger_than_memory.write_store(tmp_path / "x.zarr", 40_000)
    record = TrajectoryFiles(str(tmp_path / "x.zarr"), in_memory_gigabytes=0)
    record.setup()
    states = record.splits["train"].flattened
    known = np.exp(-1 / np.geomspace(50, 2, states.shape[1]))
    np.testing.assert_allclose((states[1:] * states[:-1]).mean(axis=0) / (states**2).mean(axis=0), known, atol=0.05)
    np.testing.assert_allclose(states.std(axis=0), 1, atol=0.2)


@pytest.mark.slow
def test_run_and_the_bare_loop_learn_the_same():
    # measure() itself refuses losses that differ by more than 5 %
    (outcome,) = training_epoch.measure(max_epochs=5, n_steps=20_000, repetitions=1)
    assert outcome.ratio.median > 0


@pytest.mark.slow
def test_two_processes_and_one_learn_the_same(monkeypatch):
    monkeypatch.setitem(two_processes.SIZES, "small steps", ([8], 256))
    # compare_processes() itself refuses losses that differ by more than 1e-3
    outcome = two_processes.compare_processes("small steps", repetitions=1, n_steps=3000, max_epochs=2)
    assert outcome.wall_ratio is not None


SMALL = {"nodes_per_layer": 6, "iterations": 40, "repetitions": 1}


@pytest.fixture(scope="module")
def gradient_rows() -> dict[str, Comparison]:
    # measure() itself refuses gradients that differ where the states are equally accurate
    return {row.claim: row for row in neural_ode_gradient.measure(n_times=12, **SMALL)}


def test_every_route_to_the_gradient_is_as_accurate_as_its_steps(gradient_rows):
    error = {claim.split(":")[0].removeprefix("gradient, "): row.error for claim, row in gradient_rows.items()}
    assert error["adaptive dopri5"] < 1e-6
    assert error["compiled rk4, step 0.1"] == pytest.approx(error["fixed_step rk4, step 0.1"], rel=1e-6)
    assert error["compiled rk4, step 0.05"] < error["compiled rk4, step 0.1"] / 8
    assert error["compiled dormand_prince, step 0.05"] < error["compiled dormand_prince, step 0.1"] / 16


def test_compiled_gradients_beat_torchdiffeq_at_equal_accuracy(gradient_rows):
    (fastest,) = [row for row in gradient_rows.values() if row.target is not None]
    assert fastest.claim.startswith("gradient, compiled")
    assert fastest.error <= neural_ode_gradient.EQUAL_ACCURACY
    assert fastest.ratio.median > 5


def test_a_plain_network_has_the_value_and_the_gradient_of_its_field():
    field = fitted_field(nodes_per_layer=6, iterations=40)
    network, states = plain_network(field), observed_motion(12)[1]
    torch.testing.assert_close(network(states), field(0.0, states))
    one = gradient(lambda: network(states).square().sum(), weights_then_biases(network))
    other = gradient(lambda: field(0.0, states).square().sum(), list(field.parameters()))
    np.testing.assert_allclose(one, other, rtol=1e-10)


def test_segments_as_one_batch_beat_a_loop_over_them():
    # measure() itself refuses gradients that differ
    rows = multiple_shooting_batch.measure(n_times=21, **SMALL)
    assert len(rows) == 6
    of_ten = next(row for row in rows if row.claim == "10 segments as one batch, fixed_step rk4")
    assert of_ten.ratio.median > 2


def test_an_ensemble_costs_less_than_its_members_one_by_one():
    # measure() itself refuses gradients that are not those of the single seeds
    in_torch, _, runs = ensemble.measure(n_times=12, n_epochs=6, repetitions=1)
    assert in_torch.ratio.median > 2 / ensemble.N_SEEDS
    assert runs.ratio.median > 0


def test_homotopy_by_hand_has_the_loss_of_the_run():
    # measure() itself refuses losses that differ at any λ
    (outcome,) = homotopy_training.measure(epochs_per_stage=1, end_time=1.5, repetitions=1)
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


def test_each_of_several_is_measured_beside_the_reference_in_every_repetition(monkeypatch):
    calls: list[str] = []
    slowness = {"reference": 6.0, "quick": 2.0, "slow": 12.0}

    def timer(function):
        def cost() -> Cost:
            calls.append(name := function())
            return Cost(slowness[name], slowness[name])

        return cost

    monkeypatch.setattr("benchmarks.measurement._timer", timer)
    ours = {"quick": lambda: "quick", "slow": lambda: "slow"}
    quick, slow = compare_all(ours, "reference", lambda: "reference", repetitions=3)
    assert [quick.ratio.median, slow.ratio.median] == [3.0, 0.5]
    assert [sorted(calls[i : i + 3]) for i in (0, 3, 6)] == [["quick", "reference", "slow"]] * 3
    assert calls[::3] == ["reference", "quick", "slow"]  # each of them begins once


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
