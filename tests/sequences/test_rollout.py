import pytest
import torch

from sciml_bench.core.errors import SolverError
from sciml_bench.sequences.sequence_forecaster import rollout


def next_of_two(window):
    """Fibonacci's numbers, two at a time."""
    first = window[:, -2] + window[:, -1]
    return torch.stack([first, first + window[:, -1]], dim=1)


@pytest.mark.parametrize("n_steps", [1, 2, 5, 8])
def test_a_rollout_feeds_a_model_with_its_own_predictions(n_steps):
    found = rollout(next_of_two, torch.tensor([[[1.0], [1.0]]]), n_steps, 2)
    assert found[0, :, 0].tolist() == [2, 3, 5, 8, 13, 21, 34, 55][:n_steps]


def test_only_the_last_states_of_a_reconstructed_window_are_added():
    found = rollout(lambda w: torch.cat([w + 100, next_of_two(w)], dim=1), torch.ones(1, 2, 1), 6, 2)
    assert found[0, :, 0].tolist() == [2, 3, 5, 8, 13, 21]


def test_inputs_longer_than_the_outputs_keep_what_they_need_of_the_past():
    found = rollout(lambda w: w[:, :1] + 1, torch.tensor([[[0.0], [10.0], [20.0]]]), 5, 1)
    assert found[0, :, 0].tolist() == [1, 11, 21, 2, 12]


def test_what_comes_after_a_breakdown_is_nan():
    grown = rollout(lambda w: w[:, -1:] * 1e30, torch.ones(1, 1, 2), 4, 1)
    assert torch.isfinite(grown[0, :, 0]).tolist() == [True, False, False, False]

    def unsolvable(window):
        if window[0, -1, 0] > 2:
            raise SolverError("no")
        return window[:, -1:] + 1

    stopped = rollout(unsolvable, torch.ones(1, 1, 1), 4, 1)
    assert torch.isfinite(stopped[0, :, 0]).tolist() == [True, True, False, False]
