"""Segments and their gaps, one after the other, beside the one batch of the training."""

import numpy as np
import pytest
import torch
from node_cases import mean_square, method_of, observed, reference, right_hand_side, rows

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.node import MultipleShootingTraining

LENGTHS = (11, 21)


@pytest.mark.parametrize("n_segments", [1, 2, 5, 10])
def test_multiple_shooting_as_one_batch_is_a_loop_over_segments(n_segments):
    data = observed(LENGTHS)  # 10 and 20 intervals
    method = method_of(MultipleShootingTraining, data, n_segments=n_segments, continuity_weight=0.3)
    offsets = 0.1 * np.random.default_rng(0).standard_normal((2, n_segments - 1, 2))
    with torch.no_grad():
        method.start_offsets.copy_(torch.from_numpy(offsets)[None])
    equations, errors, gaps = right_hand_side("blackbox", method.model), [], []
    for number, (t, y) in enumerate(rows(data)):
        size, end = (len(t) - 1) // n_segments, None
        for segment in range(n_segments):
            first, last = segment * size, (segment + 1) * size
            start = y[first] + (offsets[number, segment - 1] if segment else 0)
            if segment:
                gaps.append(end - start)
            path = reference(equations, start, t[first : last + 1])
            end = path[-1]
            counted = size + (segment == n_segments - 1)
            errors.append(path[:counted] - y[first : first + counted])
    expected = mean_square(errors) + (0.3 * mean_square(gaps) if gaps else 0)
    assert sum(len(part) for part in errors) == sum(LENGTHS)
    assert method.losses(0).item() == pytest.approx(expected, rel=1e-7)
    if gaps:
        assert method.logged(0)["continuity"] == pytest.approx(mean_square(gaps), rel=1e-7)


def test_corrections_of_starts_are_zero_at_first_and_learned():
    data = observed(LENGTHS)
    method = method_of(MultipleShootingTraining, data, n_segments=4)
    assert (method.start_offsets == 0).all()
    method.losses(0).sum().backward()
    assert (method.start_offsets.grad != 0).all()


def test_more_segments_than_intervals_are_refused_before_training():
    data = observed(LENGTHS)
    with pytest.raises(ConfigurationError, match=r"training.n_segments=11: trajectory 0 has 11 points"):
        method_of(MultipleShootingTraining, data, n_segments=11)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"n_segments": 0}, "training.n_segments=0: give a whole number of at least 1"),
        ({"continuity_weight": -1}, "training.continuity_weight=-1"),
    ],
)
def test_bad_segments_are_refused_before_training(options, message):
    with pytest.raises(ConfigurationError, match=message):
        method_of(MultipleShootingTraining, observed(LENGTHS), **options)
