"""Pairs by hand: what belongs to what, which weights it has, and what is refused."""

import numpy as np
import pytest
import torch

from sciml_bench.core.errors import DataError
from sciml_bench.koopman import KoopmanOperator
from sciml_bench.koopman.operator import lagged_input as module
from sciml_bench.koopman.operator.lagged_input import checked_features, lagged_input

ROWS = np.arange(12.0).reshape(6, 2)
NOTHING = (None, None)


def checked(f, g=NOTHING, observable=NOTHING, sample_weight=None, reset=True):
    return lagged_input(KoopmanOperator(), f, g, observable, sample_weight, reset=reset)


def assert_pair(pair, now, later):
    np.testing.assert_array_equal(pair[0], now)
    np.testing.assert_array_equal(pair[1], later)


def test_row_i_of_a_trajectory_is_followed_by_row_i_plus_1_in_all_that_is_given():
    found = checked((ROWS, None), (10 * ROWS, None), (ROWS[:, :1] ** 2, None), np.arange(6.0))
    assert_pair(found.f, ROWS[:5], ROWS[1:])
    assert_pair(found.g, 10 * ROWS[:5], 10 * ROWS[1:])
    assert_pair(found.observable, ROWS[:5, :1] ** 2, ROWS[1:, :1] ** 2)
    np.testing.assert_array_equal(found.weights, [0, 1, 2, 3, 4])  # a pair has the weight of its first row


def test_pairs_stay_as_they_are_given():
    found = checked((ROWS, -ROWS), (2 * ROWS, 3 * ROWS), (ROWS[:, 1:], ROWS[:, :1]), np.arange(6.0))
    assert_pair(found.f, ROWS, -ROWS)
    assert_pair(found.g, 2 * ROWS, 3 * ROWS)
    assert_pair(found.observable, ROWS[:, 1:], ROWS[:, :1])
    np.testing.assert_array_equal(found.weights, np.arange(6.0))
    alone = checked((ROWS, -ROWS))
    assert alone.g is alone.observable is alone.weights is None


def test_a_trajectory_is_not_copied():
    found = checked((ROWS, None))
    assert np.shares_memory(found.f[0], ROWS)
    assert np.shares_memory(found.f[1], ROWS)


def test_blocks_hold_every_pair_once_in_float64(monkeypatch):
    monkeypatch.setattr(module, "BLOCK_ROWS", 2)
    single = ROWS.astype(np.float32)
    whole = checked((single, None), (10 * single, None), (single, None), np.arange(6.0))
    blocks = list(whole.blocks())
    assert [len(block.f[0]) for block in blocks] == [2, 2, 1]
    assert {side.dtype for block in blocks for pair in (block.f, block.g, block.observable) for side in pair} == {
        np.dtype(np.float64)
    }
    for name, factor in {"f": 1, "g": 10, "observable": 1}.items():
        joined = [np.concatenate([getattr(block, name)[side] for block in blocks]) for side in (0, 1)]
        assert_pair(joined, factor * ROWS[:5], factor * ROWS[1:])
    np.testing.assert_array_equal(np.concatenate([block.weights for block in blocks]), [0, 1, 2, 3, 4])
    (alone,) = list(checked((ROWS[:2], ROWS[:2])).blocks())
    assert alone.g is alone.observable is alone.weights is None


def test_tensors_with_a_gradient_are_numbers_too():
    tensor = torch.from_numpy(ROWS.copy()).requires_grad_()
    np.testing.assert_array_equal(checked_features(tensor, "f"), ROWS)


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"f": (ROWS, ROWS[:5])}, r"f_next: shape \(5, 2\), but f_now has \(6, 2\)"),
        ({"f": (ROWS[:1], None)}, "f_now: .*minimum of 2"),
        ({"f": (ROWS, None), "g": (ROWS, ROWS)}, "g: the features f are trajectories, so give `g_now` alone"),
        ({"f": (ROWS, ROWS), "g": (ROWS, None)}, "g: the features f are pairs, so give `g_now` and `g_next`"),
        ({"f": (ROWS, ROWS), "g": (None, ROWS)}, "g: the features f are pairs"),
        (
            {"f": (ROWS, None), "observable": (ROWS[:5], None)},
            r"observable: shape \(5, 2\) where \(6, 2\) is needed",
        ),
        ({"f": (ROWS, ROWS), "g": (ROWS, ROWS[:, :1])}, r"g: shape \(6, 1\) where \(6, 2\) is needed"),
        ({"f": (ROWS, None), "sample_weight": np.ones(5)}, r"sample_weight: shape \(5,\) where \(6,\) is needed"),
        ({"f": (ROWS, None), "sample_weight": np.array([1.0, 1, 1, 1, 1, -1])}, "none negative and not all zero"),
        ({"f": (ROWS, None), "sample_weight": np.zeros(6)}, "none negative and not all zero"),
        ({"f": (np.where(ROWS == 3, np.nan, ROWS), None)}, "f_now: .*NaN"),
    ],
)
def test_what_does_not_belong_together_is_named(given, says):
    with pytest.raises(DataError, match=says):
        checked(**given)


def test_later_features_have_the_columns_of_the_fit():
    operator = KoopmanOperator().fit(ROWS)
    with pytest.raises(DataError, match=r"f_now: .*1 features.*2 features"):
        lagged_input(operator, (ROWS[:, :1], None), NOTHING, NOTHING, None, reset=False)
    assert checked_features(ROWS[:1], "f_now", operator, reset=False).shape == (1, 2)
