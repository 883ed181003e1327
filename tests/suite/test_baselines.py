"""The baselines forecast what their definitions say, and are restored from their files."""

from pathlib import Path

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.stored.learned_file import read_learned, write_learned
from sciml_bench.data import Record, Trajectories
from sciml_bench.suite.baselines import ContextParroting, Persistence, TrainingMean
from sciml_bench.suite.baselines.fitted.parroting import FittedParroting

RISING = np.stack([np.arange(30.0), 100 - np.arange(30.0)], axis=1)


class Given(Record):
    def __init__(self, *states: np.ndarray) -> None:
        super().__init__(split={"train": 1.0, "validation": 0, "test": 0})
        self._states = states

    def load(self) -> Trajectories:
        return Trajectories(self._states, time_step=0.5)


def loaded(*states: np.ndarray) -> Record:
    record = Given(*states)
    record.setup()
    return record


def past(*rows: tuple[float, float]) -> Trajectories:
    return Trajectories((np.array(rows),), time_step=0.5)


def test_persistence_repeats_the_last_state_and_the_mean_forgets_it() -> None:
    record = loaded(RISING)
    stays = Persistence(record.spec).fit(record).forecast(past((5, 6), (7, 8)), 3)
    np.testing.assert_array_equal(stays.states[0], [[7, 8]] * 3)
    np.testing.assert_allclose(stays.times[0], [1.0, 1.5, 2.0])
    mean = TrainingMean(record.spec).fit(record).forecast(past((7, 8)), 2)
    np.testing.assert_allclose(mean.states[0], [[14.5, 85.5]] * 2)
    assert (stays.kind, mean.kind) == ("path", "expectation")


def test_parroting_copies_what_followed_the_most_similar_rows() -> None:
    wave = np.sin(2 * np.pi * np.arange(40) / 8)[:, None]
    record = loaded(wave)
    learned = ContextParroting(record.spec, n_rows=2).fit(record)
    start = Trajectories((wave[3:5] + 1e-3,), time_step=0.5)
    told = learned.forecast(start, 60)  # longer than what is kept: it looks again
    np.testing.assert_allclose(told.states[0, :, 0], np.sin(2 * np.pi * np.arange(5, 65) / 8), atol=1e-12)


def test_the_most_similar_rows_are_found_among_all_trajectories_and_the_search_is_prepared_once() -> None:
    """By comparing with every moment of every trajectory that has a next row; the last row of each has none."""
    rng = np.random.default_rng(0)
    parts = tuple(rng.normal(size=(n_rows, 2)) * [1, 50] for n_rows in (9, 4, 30))
    learned = FittedParroting(loaded(parts[2]).spec, 3, parts)
    deviation = np.asarray(learned.spec.deviation)
    moments = [(part[row - 3 : row], part[row:]) for part in parts for row in range(3, len(part))]
    for given in [*(part[-3:] for part in parts), *(before + 0.01 for before, _ in moments)]:
        distances = [np.sum(((before - given) / deviation) ** 2) for before, _ in moments]
        np.testing.assert_array_equal(learned.continued(given[None], 1)[0], moments[np.argmin(distances)][1][:1])
    tree = learned._tree
    learned.continued(parts[0][None, :3], 20)
    assert learned._tree is tree


def test_the_rows_that_match_are_measured_in_deviations_of_each_component() -> None:
    small, large = np.array([0.0, 1, 0, 1, 0, 1]), np.array([0.0, 1e6, 3e6, 2e6, 5e6, 4e6])
    record = loaded(np.stack([small, large], axis=1))
    learned = ContextParroting(record.spec, n_rows=1).fit(record)
    # of the rows before the last, (1, 1e6) and (0, 3e6) lie nearest; by size alone it would be the second
    told = learned.forecast(past((1.0, 2.05e6)), 1)
    np.testing.assert_array_equal(told.states[0, 0], [0, 5e6])


def test_fitted_baselines_are_restored_from_their_files(tmp_path: Path) -> None:
    record = loaded(RISING)
    given = past((3, 97), (4, 96), (5, 95), (6, 94))
    for number, make in enumerate((Persistence, TrainingMean, ContextParroting)):
        learned = make(record.spec).fit(record)
        write_learned(tmp_path / f"{number}.ckpt", learned)
        again = read_learned(tmp_path / f"{number}.ckpt")
        np.testing.assert_array_equal(again.forecast(given, 4).states, learned.forecast(given, 4).states)


def test_bad_settings_and_short_records_are_told() -> None:
    record = loaded(RISING)
    with pytest.raises(ConfigurationError, match=r"model.n_rows=0"):
        ContextParroting(record.spec, n_rows=0)
    with pytest.raises(DataError, match=r"model.n_rows=40: no training trajectory is longer"):
        ContextParroting(record.spec, n_rows=40).fit(record)
