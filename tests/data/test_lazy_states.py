import numpy as np

from sciml_bench.data.lazy_states import LazyStates, iterate_blocks, mapped, read_block, rows_per_block, window


class CountingSource:
    """An array that counts how often and how much of it is read."""

    def __init__(self, values):
        self.values, self.reads = values, []
        self.shape, self.dtype = values.shape, values.dtype

    def __getitem__(self, key):
        self.reads.append(key)
        return self.values[key]


def test_nothing_is_read_before_a_block_is_asked_for():
    source = CountingSource(np.arange(40.0).reshape(20, 2))
    states = LazyStates(source).window(5, 15).window(2, 8)
    assert states.shape == (6, 2)
    assert source.reads == []
    np.testing.assert_array_equal(states.read(1, 3), source.values[8:10])
    assert source.reads == [slice(8, 10)]


def test_one_trajectory_of_a_batch_is_read_alone():
    source = CountingSource(np.arange(60.0).reshape(3, 10, 2))
    states = LazyStates(source, trajectory=1)
    np.testing.assert_array_equal(states.read(0, 10), source.values[1])
    assert source.reads == [(1, slice(0, 10))]


def test_a_transformation_is_applied_to_what_is_read():
    source = CountingSource(np.arange(60).reshape(60, 1))
    states = mapped(LazyStates(source), lambda block: block / 2)
    assert (states.dtype, states.shape) == (np.float64, (60, 1))
    np.testing.assert_array_equal(states.window(2, 4).read(0, 2), [[1.0], [1.5]])
    differences = mapped(states, lambda block: np.diff(block, axis=0), reach=1)
    assert differences.shape == (59, 1)
    np.testing.assert_array_equal(differences.read(57, 59), [[0.5], [0.5]])
    assert source.reads[-1] == slice(57, 60)
    np.testing.assert_array_equal(mapped(source.values, lambda block: block / 2)[2:4], [[1.0], [1.5]])


def test_blocks_cover_a_trajectory_once_in_its_order():
    states = np.arange(3_000_000, dtype=np.float64)[:, None]
    blocks = list(iterate_blocks(states))
    assert len(blocks) > 1
    assert all(len(block) <= rows_per_block(states) for _, block in blocks)
    assert [start for start, _ in blocks] == np.cumsum([0] + [len(block) for _, block in blocks[:-1]]).tolist()
    np.testing.assert_array_equal(np.concatenate([block for _, block in blocks]), states)


def test_windows_on_arrays_in_memory_are_views():
    states = np.zeros((10, 1))
    assert np.shares_memory(window(states, 2, 5), states)
    assert np.shares_memory(read_block(states, 2, 5), states)
