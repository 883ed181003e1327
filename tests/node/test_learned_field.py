import numpy as np
import pytest
from node_cases import BUILDERS, Square, field_of, observed, record_of, reference, right_hand_side, rows
from scipy.interpolate import make_smoothing_spline

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.stored.learned_file import read_learned, write_learned
from sciml_bench.data import WholeTrajectoriesView
from sciml_bench.data.capabilities import Forecaster
from sciml_bench.node import AdaptiveSolver, Blackbox, CompiledSolver, FixedStepSolver, LearnedField, VanillaTraining

SOLVER = CompiledSolver(max_step=0.02)


def learned_field(record, name="blackbox", **options):
    return LearnedField(field_of(name), SOLVER, record.spec, **options)


@pytest.mark.parametrize("forecast_start", ["observed", "smoothed", "predicted"])
def test_a_forecast_goes_on_from_the_end_of_the_past(forecast_start):
    record = observed((15, 25))
    learned = learned_field(record, smoothing=0.01, forecast_start=forecast_start)
    forecast = learned.forecast(record.splits["train"], 4)
    equations = right_hand_side("blackbox", learned.field)
    for row, (grid, states) in enumerate(rows(record)):
        start = states[-1]
        if forecast_start == "smoothed":
            start = np.array([make_smoothing_spline(grid, column, lam=0.01)(grid[-1]) for column in states.T])
        elif forecast_start == "predicted":
            start = reference(equations, states[0], grid)[-1]
        times = grid[-1] + record.spec.time_step * np.arange(5)
        np.testing.assert_allclose(forecast.times[row], times[1:], rtol=1e-12)
        np.testing.assert_allclose(forecast.states[row], reference(equations, start, times)[1:], atol=1e-6)
    assert forecast.status == ("ok", "ok")
    assert forecast.kind == "path"
    assert forecast.cost["function_evaluations"] > 0


def test_it_is_a_forecaster_that_needs_one_row_and_more_to_smooth():
    record = observed()
    assert isinstance(learned_field(record), Forecaster)
    assert learned_field(record).past_length == 1
    smoothing = learned_field(record, smoothing=0.1, forecast_start="smoothed")
    with pytest.raises(DataError, match=r"past: 3 states of the shape \(2,\); what was learned needs at least 5"):
        smoothing.forecast(record.splits["train"].select(time=slice(0, 3)), 2)


@pytest.mark.parametrize("name", BUILDERS)
@pytest.mark.parametrize("n_members", [1, 3])
def test_a_file_gives_the_same_forecast_bit_for_bit(name, n_members, tmp_path):
    dim = field_of(name).dim
    record = observed((15, 25), dim=dim)
    learned = LearnedField(field_of(name, n_members=n_members), SOLVER, record.spec)
    learned.keep(record.splits["train"].tail(1))
    write_learned(tmp_path / "learned.ckpt", learned)
    again = read_learned(tmp_path / "learned.ckpt")
    expected, found = (each.forecast(each.past, 5) for each in (learned, again))
    np.testing.assert_array_equal(expected.states, found.states)
    np.testing.assert_array_equal(expected.times, found.times)
    assert again.n_members == n_members
    assert (found.members is None) == (n_members == 1)


def test_members_forecast_each_by_itself_and_their_mean_is_the_forecast():
    record = observed()
    fields = [LearnedField(field_of("blackbox", seed), SOLVER, record.spec) for seed in range(3)]
    past = record.splits["train"]
    together = LearnedField.joined(fields).forecast(past, 4)
    alone = np.stack([field.forecast(past, 4).states for field in fields])
    np.testing.assert_allclose(together.members, alone, rtol=1e-12)
    np.testing.assert_allclose(together.states, alone.mean(axis=0), rtol=1e-12)


@pytest.mark.parametrize("solver", [FixedStepSolver("rk4", 0.02), AdaptiveSolver()])
def test_a_trajectory_that_leaves_every_bound_says_so_and_leaves_the_others_alone(solver):
    times = np.linspace(0, 1, 6)
    record = record_of([times, times], [np.linspace(1, 2, 6)[:, None], -np.linspace(1, 2, 6)[:, None]])
    forecast = LearnedField(Square(), solver, record.spec).forecast(record.splits["train"], 10)
    assert forecast.status[1] == "ok"
    assert forecast.status[0] != "ok"
    assert np.isfinite(forecast.states[1]).all()
    assert np.isnan(forecast.states[0, -1]).all()


def test_what_cannot_be_forecast_is_refused():
    record = observed()
    learned = learned_field(record)
    with pytest.raises(ConfigurationError, match="horizon=-3: what this run has learned goes ahead only"):
        learned.forecast(record.splits["train"], -3)
    with pytest.raises(DataError, match=r"states of the shape \(3,\); what was learned .* 1 of the shape \(2,\)"):
        learned.forecast(observed(dim=3).splits["train"], 2)
    with pytest.raises(ConfigurationError, match="takes no inputs"):
        learned.forecast(record.splits["train"], 2, inputs=np.ones(2))


@pytest.mark.parametrize(("forecast_start", "n_rows"), [("observed", 1), ("smoothed", 21), ("predicted", 21)])
def test_a_method_keeps_as_much_of_the_end_of_its_record_as_a_forecast_uses(forecast_start, n_rows):
    record = observed((21, 21), 11)
    method = VanillaTraining(field_of("blackbox"), WholeTrajectoriesView(record), forecast_start=forecast_start)
    assert method.learned().past.lengths == (n_rows, n_rows)
    for number, (times, states) in enumerate(rows(record, "test")):
        assert method.learned().past.times_of(number)[-1] == times[-1]
        np.testing.assert_array_equal(method.learned().past.states[number][-1], states[-1])


@pytest.mark.parametrize("forecast_start", ["observed", "smoothed", "predicted"])
def test_states_of_another_shape_come_back_in_it(forecast_start, tmp_path):
    """Bodies are learned from as one vector, by the dynamics of which their forecast goes on."""
    times, vectors = 0.1 * np.arange(12), np.random.default_rng(0).uniform(0.3, 1.5, (2, 12, 4))
    record = record_of([times, times], list(vectors.reshape(2, 12, 2, 2)))
    field = Blackbox(record.spec.of_vectors, standardize=True)
    options = {"solver": SOLVER, "smoothing": 0.1, "forecast_start": forecast_start, "units": "raw"}
    write_learned(tmp_path / "learned.ckpt", VanillaTraining(field, WholeTrajectoriesView(record), **options).learned())
    learned = read_learned(tmp_path / "learned.ckpt")
    assert learned.spec.state_shape == learned.past.state_shape == (2, 2)
    flat = LearnedField(field, SOLVER, record.spec.of_vectors, 0.1, forecast_start)
    as_vectors = record_of([times, times], list(vectors)).splits["train"]
    found, expected = learned.forecast(record.splits["train"], 3), flat.forecast(as_vectors, 3)
    np.testing.assert_array_equal(found.states, expected.states.reshape(2, 3, 2, 2))
