import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.split import checked_split, cut_points, split_trajectories, whole_numbers
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.data.views.lagged_pairs import LaggedPairs

FRACTIONS = {"train": 0.6, "validation": 0.2, "test": 0.2}


def stamped(*lengths):
    """Every state says which trajectory and which moment it is."""
    return Trajectories(
        tuple(np.stack([np.full(n, number), np.arange(n)], axis=1).astype(float) for number, n in enumerate(lengths))
    )


def test_blocks_of_time_follow_each_other_without_overlap_or_gap():
    splits = split_trajectories(stamped(100, 50), FRACTIONS)
    moments = [splits[name].states[0][:, 1] for name in ("train", "validation", "test")]
    np.testing.assert_array_equal(np.concatenate(moments), np.arange(100))
    assert [splits[name].lengths for name in splits] == [(60, 30), (20, 10), (20, 10)]


@settings(deadline=None, max_examples=30)
@given(lag=st.integers(1, 9), lengths=st.lists(st.integers(60, 90), min_size=1, max_size=4))
def test_no_pair_crosses_a_split_or_a_trajectory(lag, lengths):
    seen = {}
    for name, part in split_trajectories(stamped(*lengths), FRACTIONS).items():
        now, later = LaggedPairs(part, lag).batch(np.arange(len(LaggedPairs(part, lag))))
        assert (now[:, 0] == later[:, 0]).all()
        assert (later[:, 1] - now[:, 1] == lag).all()
        seen[name] = {tuple(row) for row in np.concatenate([now.numpy(), later.numpy()]).tolist()}
    assert not seen["train"] & seen["validation"]
    assert not seen["validation"] & seen["test"]
    assert not seen["train"] & seen["test"]


def test_whole_trajectories_go_to_one_split_each():
    splits = split_trajectories(stamped(*[10] * 10), FRACTIONS, "trajectory")
    numbers = {name: [int(states[0, 0]) for states in part.states] for name, part in splits.items()}
    assert numbers == {"train": [0, 1, 2, 3, 4, 5], "validation": [6, 7], "test": [8, 9]}


def test_a_split_with_the_fraction_zero_is_absent():
    assert list(split_trajectories(stamped(100), {"train": 0.8, "test": 0.2})) == ["train", "test"]


def test_fractions_below_one_leave_out_the_end():
    splits = split_trajectories(stamped(100), {"train": 0.5, "validation": 0.1, "test": 0.1})
    assert splits["test"].states[0][-1, 1] == 69


def test_borders_are_not_moved_by_rounding_of_the_sum():
    assert cut_points(10, [0.1] * 10) == list(range(11))


@pytest.mark.parametrize(
    ("split", "message"),
    [
        ({"train": 0.0, "test": 0.5}, "data.split.train=0.0"),
        ({"test": 0.5}, "data.split.train"),
        ({"train": 0.8, "validation": 0.2, "test": 0.2}, "sum to 1.2"),
        ({"train": 0.8, "validation": -0.2}, "data.split.validation=-0.2"),
        ({"train": 0.8, "valid": 0.2}, "valid"),
        ({"train": float("nan")}, "data.split.train=nan"),
    ],
)
def test_impossible_fractions_are_named(split, message):
    with pytest.raises(ConfigurationError, match=message):
        checked_split(split)


def test_too_few_trajectories_or_states_say_what_to_do():
    with pytest.raises(ConfigurationError, match=r"data.split_by=time"):
        split_trajectories(stamped(50), FRACTIONS, "trajectory")
    with pytest.raises(DataError, match="trajectory 1 has 2 states"):
        split_trajectories(stamped(50, 2), FRACTIONS)


def test_an_unknown_way_to_split_lists_the_known_ones():
    with pytest.raises(ConfigurationError, match=r"data.split_by=random: choose one of time, trajectory"):
        split_trajectories(stamped(50), FRACTIONS, "random")


def test_whole_numbers_are_rows_or_trajectories():
    rows = split_trajectories(stamped(100, 50), {"train": 31, "test": 10})
    assert {name: part.lengths for name, part in rows.items()} == {"train": (31, 31), "test": (10, 10)}
    assert rows["test"].states[1][0, 1] == 31
    whole = split_trajectories(stamped(*[10] * 5), {"train": 3, "validation": 1, "test": 1}, "trajectory")
    assert [part.n_trajectories for part in whole.values()] == [3, 1, 1]


def test_one_alone_is_everything():
    assert split_trajectories(stamped(100), {"train": 1})["train"].lengths == (100,)


def test_more_rows_than_there_are_and_mixtures_are_refused():
    with pytest.raises(ConfigurationError, match="60 asked for, but there are 50"):
        split_trajectories(stamped(100, 50), {"train": 40, "test": 20})
    with pytest.raises(ConfigurationError, match="for all parts"):
        checked_split({"train": 40, "test": 0.5})


def test_parts_that_are_made_and_not_cut_have_whole_numbers():
    assert whole_numbers({"train": 40, "validation": 0, "test": 2}) == {"train": 40, "test": 2}
    for wrong in ({"train": 0.5}, {"train": 3, "test": False}):
        with pytest.raises(ConfigurationError, match="give whole numbers, such as train: 100"):
            whole_numbers(wrong)
    with pytest.raises(ConfigurationError, match="give whole numbers, with test"):
        whole_numbers({"train": 3}, ("train", "test"))
