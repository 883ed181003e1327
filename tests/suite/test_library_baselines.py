"""Baselines of other libraries against closed forms: rotations, autoregressive processes, maps and oscillators."""

import itertools
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from sciml_bench.core.errors import DataError, NotApplicableError
from sciml_bench.core.stored.learned_file import read_learned, write_learned
from sciml_bench.data import Record, RecordSpec, Trajectories
from sciml_bench.data.capabilities import EquationDiscoverer, Forecaster, SpectrumEstimator
from sciml_bench.data.views import WindowsView
from sciml_bench.scores.forecasting.starts import starts_in
from sciml_bench.sequences import SequenceForecasting
from sciml_bench.suite.baselines import (
    BaggedModes,
    DynamicModes,
    EchoState,
    FittedBaseline,
    KernelKoopman,
    LongShortTermMemory,
    NextGenerationReservoir,
    SlowFeatures,
    SparseIdentification,
)
from sciml_bench.suite.baselines.shared.rows import delayed, interleaved, training_rows
from sciml_bench.suite.baselines.shared.selection import best_of, within_budget

STEP = 0.5
VALIDATED = {"train": 0.7, "validation": 0.3, "test": 0}


class Given(Record):
    def __init__(self, *states: np.ndarray, times: tuple[np.ndarray, ...] | None = None, **split: float) -> None:
        super().__init__(split=split or VALIDATED)
        self._states, self._times = states, times

    def load(self) -> Trajectories:
        return Trajectories(self._states, time_step=STEP, times=self._times)


def loaded(*states: np.ndarray, **options: object) -> Record:
    record = Given(*states, **options)  # type: ignore[arg-type]
    record.setup()
    return record


def rows(states: np.ndarray) -> Trajectories:
    return Trajectories((states,), time_step=STEP)


def spiral(n_rows: int, phase: float = 0.0, decay: float = 0.01, angle: float = 0.3) -> np.ndarray:
    """A motion around (2, -1) that shrinks by exp(-decay) and turns by an angle in every row."""
    now = np.arange(n_rows)
    circle = np.stack([np.cos(angle * now + phase), np.sin(angle * now + phase)], axis=1)
    return np.array([2.0, -1.0]) + 3 * np.exp(-decay * now)[:, None] * circle


def two_waves(n_rows: int, start: int = 0) -> np.ndarray:
    now = np.arange(start, start + n_rows)
    return (5 + np.cos(0.3 * now) + 0.5 * np.sin(0.8 * now))[:, None]


def sorted_by_angle(values: np.ndarray) -> np.ndarray:
    return values[np.argsort(np.angle(values))]


def test_dynamic_modes_know_a_spiral_and_go_on_with_it() -> None:
    pytest.importorskip("pydmd")
    whole = spiral(100)
    learned = DynamicModes((record := loaded(whole[:60], spiral(40, phase=2.0))).spec).fit(record)
    expected = np.exp(-0.01 + 0.3j * np.array([-1, 1]))
    np.testing.assert_allclose(sorted_by_angle(learned.eigenvalues())[[0, 2]], expected, atol=1e-8)
    np.testing.assert_allclose(learned.eigenvalues()[0], 1, atol=1e-8)  # the point around which it turns
    np.testing.assert_allclose(learned.implied_timescales()[1:], STEP / 0.01, rtol=1e-5)
    told = learned.forecast(rows(whole[:60]), 40)
    np.testing.assert_allclose(told.states[0], whole[60:], atol=1e-7)
    along = learned.eigenfunctions(whole)  # an eigenfunction is multiplied by its eigenvalue in every row
    np.testing.assert_allclose(along[1:], along[:-1] * learned.eigenvalues(), atol=1e-7)
    assert isinstance(learned, SpectrumEstimator)


def test_windows_of_rows_tell_two_waves_in_one_component_apart_and_never_cross_trajectories() -> None:
    pytest.importorskip("pydmd")
    record = loaded(two_waves(60), two_waves(60, start=23))
    learned = DynamicModes(record.spec, n_rows=[1, 4], ranks=[-1]).fit(record)
    assert learned.past_length == 4
    told = learned.forecast(rows(two_waves(4)), 50)
    np.testing.assert_allclose(told.states[0], two_waves(50, start=4), atol=1e-6)


def test_all_modes_are_tried_last() -> None:
    pytest.importorskip("pydmd")
    record = loaded(two_waves(60))
    tried = [len(each.step) for each in DynamicModes(record.spec, [4], [-1, 3, 1]).candidates(record)]
    assert tried == [1, 3, max(tried)]
    assert max(tried) > 3


def test_bagged_modes_find_the_frequencies_of_noisy_waves_on_the_clock_of_the_record() -> None:
    pytest.importorskip("pydmd")
    np.random.seed(0)  # noqa: NPY002  (the library draws from it)
    noisy = two_waves(150) + 0.02 * np.random.default_rng(0).standard_normal((150, 1))
    record = loaded(noisy)
    learned = BaggedModes(record.spec, n_rows=[20], ranks=[5], n_trials=5, most_rows=150).fit(record)
    np.testing.assert_allclose(
        sorted_by_angle(learned.eigenvalues()), np.exp(1j * np.array([-0.8, -0.3, 0, 0.3, 0.8])), atol=0.01
    )
    told = learned.forecast(rows(noisy[:100]), 20)
    assert np.abs(told.states[0] - two_waves(20, start=100)).max() < 0.1


@pytest.mark.parametrize("nystroem", [False, True])
def test_kernels_are_one_row_ahead_where_the_library_is_late(nystroem: bool) -> None:
    kernels = pytest.importorskip("kooplearn.kernel")
    turning = spiral(120, decay=0.0)
    record = loaded(turning, spiral(70, phase=1.0, decay=0.0))
    learned = KernelKoopman(record.spec, nystroem, 60, rank=20, gammas=[1.0], ridges=[1e-9]).fit(record)
    told = learned.forecast(rows(turning[:30]), 20)
    np.testing.assert_allclose(told.states[0], turning[30:50], atol=0.02)
    scaled = (turning - turning.mean(axis=0)) / turning.std(axis=0)
    make = kernels.NystroemKernelRidge if nystroem else kernels.KernelRidge
    late = make(20, kernel="rbf", gamma=0.5, alpha=1e-9, **({"n_centers": 60, "random_state": 0} if nystroem else {}))
    np.testing.assert_allclose(late.fit(scaled).predict(scaled[30:31], n_steps=1)[0], scaled[30], atol=0.05)


def test_interleaved_pieces_make_pairs_within_them_alone() -> None:
    pieces = [np.arange(10.0)[:, None], 100 + np.arange(4.0)[:, None]]
    joined, lag = interleaved(pieces)
    np.testing.assert_array_equal(joined[lag:] - joined[:-lag], 1)
    assert set(joined.ravel()) == {*range(10), 100, 101, 102, 103}


def autoregressive(n_rows: int, seed: int) -> np.ndarray:
    noise, states = np.random.default_rng(seed).standard_normal(n_rows), np.zeros(n_rows)
    for row in range(1, n_rows):
        states[row] = 0.8 * states[row - 1] + noise[row]
    return 7 + 3 * states[:, None]


@pytest.mark.parametrize("method", ["vamp", "tica"])
def test_slow_features_of_an_autoregressive_process_decay_as_it_does(method: str) -> None:
    pytest.importorskip("deeptime")
    record = loaded(autoregressive(20_000, 1), autoregressive(20_000, 2), train=1.0, validation=0, test=0)
    learned = SlowFeatures(record.spec, method, degrees=[2]).fit(record)
    np.testing.assert_allclose(learned.eigenvalues(), [1, 0.8, 0.64], atol=0.02)
    np.testing.assert_allclose(learned.singular_values(), [1, 0.8, 0.64], atol=0.02)
    np.testing.assert_allclose(learned.implied_timescales()[1:], -STEP / np.log([0.8, 0.64]), rtol=0.06)
    told = learned.forecast(rows(np.array([[7.0 + 9.0]])), 5)
    assert told.kind == "expectation"
    np.testing.assert_allclose(told.states[0, :, 0], 7 + 9 * 0.8 ** np.arange(1, 6), atol=0.3)


@pytest.mark.parametrize("weak", [False, True])
def test_sparse_identification_finds_a_damped_oscillator(weak: bool, tmp_path: Path) -> None:
    pytest.importorskip("pysindy")
    turning = spiral(400, decay=0.005, angle=0.1) - np.array([2.0, -1.0])  # per row; a row is half a unit of time
    record = loaded(turning)
    learned = SparseIdentification(record.spec, thresholds=[0.1], weak=weak).fit(record)
    found = {name: values for name, values in learned.coefficient_table().items() if np.any(values)}
    assert set(found) == {"x1", "x2"}
    np.testing.assert_allclose(found["x1"], [-0.01, 0.2], atol=1e-4)
    np.testing.assert_allclose(found["x2"], [-0.2, -0.01], atol=1e-4)
    assert isinstance(learned, EquationDiscoverer)
    assert learned.n_parameters == 4
    write_learned(tmp_path / "learned.ckpt", learned)
    told = read_learned(tmp_path / "learned.ckpt").forecast(rows(turning[:300]), 50)
    np.testing.assert_allclose(told.states[0], turning[300:350], atol=1e-2)


def test_equations_that_blow_up_end_soon_and_say_so() -> None:
    pytest.importorskip("pysindy")
    parts = [1 / (end - STEP * np.arange(30.0))[:, None] for end in (16.0, 17.0, 20.0)]  # of dx/dt = x²
    record = loaded(*parts, train=1.0, validation=0, test=0)
    learned = SparseIdentification(record.spec, thresholds=[0.1]).fit(record)
    begun = time.perf_counter()
    told = learned.forecast(rows(parts[0]), 500)
    assert time.perf_counter() - begun < 5
    assert told.status != ("ok",)
    assert np.isnan(told.states[0, -1]).all()


def test_the_next_generation_reservoir_is_exact_for_a_quadratic_map() -> None:
    chaos = [0.3]
    while len(chaos) < 200:
        chaos.append(3.7 * chaos[-1] * (1 - chaos[-1]))
    states = np.array(chaos)[:, None]
    record = loaded(states)
    learned = NextGenerationReservoir(record.spec, n_rows=[1], degrees=[2]).fit(record)
    told = learned.forecast(rows(states[:100]), 30)
    np.testing.assert_allclose(told.states[0], states[100:130], atol=1e-6)
    assert learned.n_parameters == 3  # of 1, x and x²


def test_an_echo_state_follows_and_continues_waves() -> None:
    pytest.importorskip("reservoirpy")
    torch.manual_seed(0)
    record = loaded(two_waves(400), two_waves(300, start=11))
    learned = EchoState(record.spec, n_units=100, n_rows=40, radii=[0.9], ridges=[1e-8]).fit(record)
    told = learned.forecast(rows(two_waves(60)), 40)
    np.testing.assert_allclose(told.states[0], two_waves(40, start=60), atol=0.02)
    assert learned.n_parameters == 100 + 1


def test_a_network_with_memory_learns_a_rotation(tmp_path: Path) -> None:
    torch.manual_seed(0)
    record = loaded(spiral(200, decay=0.0))
    view = WindowsView(record, n_inputs=5, n_outputs=1, batch_size=32)
    method = SequenceForecasting(LongShortTermMemory(view.spec, n_units=8), view, loss="mse", learning_rate=0.01)
    optimiser = method.optimizer()
    for epoch in range(25):
        for batch in view.train_loader(seed=epoch):
            optimiser.zero_grad()
            method.loss(batch).backward()
            optimiser.step()
    learned = method.learned()
    write_learned(tmp_path / "learned.ckpt", learned)
    told = read_learned(tmp_path / "learned.ckpt").forecast(rows(spiral(50, decay=0.0)), 20)
    assert np.abs(told.states[0] - spiral(70, decay=0.0)[50:]).max() < 0.3  # the radius is 3


MAKERS: dict[str, tuple[str, Callable[[Record], object]]] = {
    "dynamic modes": ("pydmd", lambda record: DynamicModes(record.spec, [2]).fit(record)),
    "bagged modes": ("pydmd", lambda record: BaggedModes(record.spec, [2], [3], 2, 40).fit(record)),
    "kernel": ("kooplearn", lambda record: KernelKoopman(record.spec, n_centres=20).fit(record)),
    "slow features": ("deeptime", lambda record: SlowFeatures(record.spec, degrees=[1, 2]).fit(record)),
    "next generation": ("numpy", lambda record: NextGenerationReservoir(record.spec).fit(record)),
    "echo state": ("reservoirpy", lambda record: EchoState(record.spec, 20, 5).fit(record)),
}


@pytest.mark.parametrize("name", MAKERS)
def test_what_was_fitted_to_fields_is_restored_and_keeps_their_shape(name: str, tmp_path: Path) -> None:
    pytest.importorskip(MAKERS[name][0])
    torch.manual_seed(0)
    fields = np.repeat(spiral(80)[:, None, :], 2, axis=1)  # states of the shape (2, 2)
    learned = MAKERS[name][1](loaded(fields))
    assert isinstance(learned, Forecaster)
    write_learned(tmp_path / "learned.ckpt", learned)
    told = learned.forecast(rows(fields[:20]), 4)
    assert told.states.shape == (1, 4, 2, 2)
    np.testing.assert_array_equal(
        read_learned(tmp_path / "learned.ckpt").forecast(rows(fields[:20]), 4).states, told.states
    )


@pytest.mark.parametrize(
    ("package", "make"),
    [
        ("pydmd", DynamicModes),
        ("pydmd", BaggedModes),
        ("kooplearn.kernel", KernelKoopman),
        ("deeptime.decomposition", SlowFeatures),
        ("pysindy", SparseIdentification),
        ("reservoirpy.nodes", EchoState),
    ],
)
def test_a_package_that_is_missing_is_named_with_the_extra(
    package: str, make: type, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    record = loaded(spiral(200))
    with pytest.raises(
        NotApplicableError, match=rf"package {package}.* is missing; pip install 'sciml-bench\[baselines\]'"
    ):
        make(record.spec).fit(record)


def test_pairs_stay_within_pieces_between_gaps() -> None:
    whole = spiral(40)
    kept = np.r_[0:14, 20:40]
    record = loaded(whole[kept], times=(STEP * kept.astype(float),), train=1.0, validation=0, test=0)
    pieces = training_rows(record, 3)
    assert [len(piece) for piece in pieces] == [14, 20]
    earlier, later = delayed(pieces, 2)
    assert len(earlier) == 12 + 18
    np.testing.assert_array_equal(earlier[:, 2:], later[:, :2])


def test_large_states_and_rows_on_no_clock_do_not_apply() -> None:
    wide = np.random.default_rng(0).standard_normal((60, 50))
    for make in (NextGenerationReservoir, SparseIdentification):
        if make is SparseIdentification:
            pytest.importorskip("pysindy")
        with pytest.raises(NotApplicableError, match=r"observe fewer components"):
            make((record := loaded(wide)).spec).fit(record)
    uneven = (np.cumsum(np.random.default_rng(0).uniform(0.1, 1, 60)),)
    record = loaded(spiral(60), times=uneven)
    with pytest.raises(NotApplicableError, match=r"data.resample"):
        NextGenerationReservoir(record.spec).fit(record)
    with pytest.raises(DataError, match=r"no training part has 50 rows"):
        training_rows(loaded(spiral(60)), 50)


def test_settings_are_chosen_by_forecasts_that_end_before_the_test_part() -> None:
    record = loaded(np.arange(100.0)[:, None], train=0.5, validation=0.2, test=0.3)
    starts = starts_in(record, "validation", 5, 2, n_starts=50)
    first = [int(states[0, 0]) for states in starts.future(5).states]
    assert first == list(range(50, 66))
    assert [int(states[-1, 0]) for states in starts.past(20).states] == [row - 1 for row in first]
    shrunk, grown = ConstantGrowth(record.spec, 0.5), ConstantGrowth(record.spec, 1.0)
    assert best_of([shrunk, grown, shrunk], record) is grown


def test_no_setting_is_begun_that_would_end_after_the_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    def tried(budget: float | None) -> str:
        seconds = itertools.chain([0, 1], itertools.count(3))  # the second candidate takes two, the others one
        monkeypatch.setattr("time.process_time", lambda: float(next(seconds)))
        return "".join(within_budget("abcdefgh", budget))

    assert tried(5) == "abc"  # a fourth could take two seconds more than the four that are spent
    assert tried(0) == "a"
    assert tried(None) == "abcdefgh"


@dataclass(frozen=True, eq=False)
class ConstantGrowth(FittedBaseline):
    spec: RecordSpec
    rate: float

    def continued(self, last: np.ndarray, n_steps: int) -> np.ndarray:
        return last[:, -1:] + self.rate * np.arange(1, n_steps + 1)[:, None]
