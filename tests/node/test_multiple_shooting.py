"""Segments and their gaps, one after the other, beside the one batch of the training."""

import numpy as np
import pytest
import torch
from node_cases import (
    field_of,
    mean_square,
    method_of,
    observed,
    record_of,
    reference,
    right_hand_side,
    rows,
    view_of,
)

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data.sources import TrajectoryFiles
from sciml_bench.node import FixedStepSolver, MultipleShootingTraining

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


def broken_record(tmp_path, missing):
    """Forced motions over rows 0–14 and, from another state, over rows 17–40, with nothing in between."""
    times = 0.1 * np.arange(41)
    field = field_of("graybox")
    for weight in field.parameters():
        torch.nn.init.zeros_(weight)
    states = np.full((41, 2), np.nan)
    for part, start in ((slice(0, 15), [1.0, 0.0]), (slice(17, 41), [-2.0, 1.5])):
        states[part] = reference(right_hand_side("graybox", field), np.array(start), times[part])
    table = np.column_stack([times, states])
    np.savetxt(tmp_path / "x.csv", table, delimiter=",", header="t,x,v", comments="", fmt="%.17g")
    record = TrajectoryFiles(tmp_path / "x.csv", time_column="t", missing=missing, split={"train": 1.0})
    record.setup()
    return field, record, [(times[part], states[part]) for part in (slice(0, 15), slice(17, 41))]


def shooting(field, record):
    solver = FixedStepSolver("dormand_prince", max_step=0.02)
    return MultipleShootingTraining(
        field, view_of(record), units="raw", solver=solver, n_segments=4, continuity_weight=1.0
    )


def test_no_segment_crosses_a_gap_and_pieces_keep_their_clock(tmp_path):
    """The true field, which depends on time, has no error and no gap between segments, though the state jumps by 3."""
    field, record, _ = broken_record(tmp_path, "split")
    method = shooting(field, record)
    assert method.view.train.lengths.tolist() == [15, 24]
    assert method.losses(0).item() < 1e-16
    assert method.logged(0)["continuity"] < 1e-16
    across = shooting(field, broken_record(tmp_path, "interpolate")[1])
    assert across.losses(0).item() > 0.1


def test_pieces_between_gaps_are_learned_like_files_of_their_own(tmp_path):
    _, record, pieces = broken_record(tmp_path, "split")
    apart = record_of([times for times, _ in pieces], [states for _, states in pieces])
    one, other = (shooting(field_of("graybox", seed=3), data) for data in (record, apart))
    for epoch in range(3):
        losses = [method.losses(epoch) for method in (one, other)]
        assert torch.equal(*losses)
        assert losses[0].item() > 1e-3
        for method, loss in zip((one, other), losses, strict=True):
            loss.sum().backward()
            with torch.no_grad():
                for weight in method.parameters():
                    weight -= 0.01 * weight.grad
                    weight.grad = None


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
