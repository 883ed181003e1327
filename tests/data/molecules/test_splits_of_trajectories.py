import numpy as np
import pytest

from sciml_bench.data.molecules.splits_of_trajectories import (
    distance_of_parts,
    order_of_trajectories,
    radius_of_gyration,
)


def test_the_radius_of_gyration_of_a_square_is_half_its_diagonal():
    square = np.array([[0.0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]])
    np.testing.assert_allclose(radius_of_gyration(np.stack([square, 3 * square + 5])), [2**-0.5, 3 * 2**-0.5])


def test_the_distance_of_parts_is_how_far_their_values_are_shifted():
    values = [np.arange(5.0), np.arange(5.0) + 2, np.arange(5.0) + 3]
    parts = [np.array([0]), np.array([1]), np.array([2])]
    assert distance_of_parts(values, parts) == pytest.approx(2 + 3)


def test_kinds_are_in_every_part_in_the_proportion_in_which_they_are_there():
    groups = [0] * 12 + [1] * 6
    orders = [order_of_trajectories("random", 18, {"train": 1.0}, seed, list, groups) for seed in range(3)]
    for order in orders:
        assert sorted(order) == list(range(18))
        for length in (3, 6, 9, 12, 15):
            assert (order[:length] < 12).sum() == 2 * length // 3
    assert len({tuple(order) for order in orders}) == 3


def test_the_best_of_many_random_orders_leaves_out_what_belongs_to_no_part():
    values = [np.full(10, value) for value in (0.0, 0.0, 1.0, 1.0, 50.0)]
    order = order_of_trajectories("distribution_matching", 5, {"train": 2, "test": 2}, 0, lambda: values)
    assert order[-1] == 4
    assert sorted(order) == [0, 1, 2, 3, 4]
    assert [{values[number][0] for number in part} for part in (order[:2], order[2:4])] == [{0.0, 1.0}] * 2
