"""What acts on a system from outside: told apart from its states, carried along, and known between the rows."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data import RecordSpec, Trajectories
from sciml_bench.data.capabilities import inputs_ahead
from sciml_bench.data.past_file import read_inputs, read_past
from sciml_bench.data.reading import described
from sciml_bench.data.sources import DrivenTrajectories, TrajectoryFiles
from sciml_bench.data.stored_past import past_tensors, stored_past
from sciml_bench.data.transforms import RecordTransforms, delay_embedded, resampled, with_inputs
from sciml_bench.data.views import InputSignals, PaddedTrajectories
from sciml_bench.systems import Duffing, ForcedDuffing, Tank

TIMES = np.array([0.0, 1.0, 3.0])
VALUES = np.array([[0.0], [2.0], [-2.0]])


def table(n_rows: int = 12) -> Trajectories:
    """x, u, v with x = row, u = 100 + row, v = 200 + row."""
    rows = np.arange(n_rows, dtype=float)[:, None] + np.array([0.0, 100.0, 200.0])
    return Trajectories((rows,), component_names=("x", "u", "v"), facts={"component_units": ("m", "N", None)})


def driven(n_rows: int = 12) -> Trajectories:
    return with_inputs(table(n_rows), ["u"], "hold")


def test_inputs_are_told_apart_by_name_or_number():
    for components in (["u"], [1]):
        found = with_inputs(table(), components)
        assert (found.component_names, found.named_inputs) == (("x", "v"), ("u",))
        np.testing.assert_array_equal(found.inputs[0][:, 0], 100 + np.arange(12))
        np.testing.assert_array_equal(found.states[0][:, 1], 200 + np.arange(12))
        assert found.facts["component_units"] == ("m", None)
    assert described(found).startswith("x, v with input u: 12 rows")


@pytest.mark.parametrize(
    ("components", "message"),
    [
        (["w"], r"data\.inputs=\['w'\]: choose among x, u, v"),
        (["u", "u"], r"data\.inputs=.*each once"),
        (["x", "u", "v"], r"data\.inputs=.*: no state is left; choose some of x, u, v"),
    ],
)
def test_wrong_inputs_are_named(components, message):
    with pytest.raises(ConfigurationError, match=message):
        with_inputs(table(), components)


def test_rows_without_a_state_still_have_inputs():
    with pytest.raises(ConfigurationError, match=r"data\.missing=mask: data\.inputs=\['u'\] act in every row"):
        with_inputs(table().unchecked(masked=True), ["u"])


def test_an_input_that_never_changes_tells_nothing():
    still = driven().unchecked(inputs=(np.full((12, 1), 3.0),))
    with pytest.raises(DataError, match="the input u is 3 in all rows of the train split"):
        RecordSpec.of(still)


def test_every_part_of_a_record_keeps_its_inputs():
    whole = driven()
    first, last = whole.select(time=slice(0, 5)), whole.select(time=slice(5, None))
    np.testing.assert_array_equal(first.joined_in_time(last).inputs[0], whole.inputs[0])
    np.testing.assert_array_equal(whole.tail(2).inputs[0][:, 0], [110, 111])
    np.testing.assert_array_equal(whole.picked([np.array([1, 4])]).inputs[0][:, 0], [101, 104])
    gap = whole.unchecked(times=(np.array([0, 1, 2, 3, 7, 8, 9, 10, 11, 12, 13, 14.0]),))
    pieces = gap.between_gaps(2)
    assert [part[0, 0] for part in pieces.inputs] == [100, 104]
    np.testing.assert_array_equal(delay_embedded(whole, 2).inputs[0][:, 0], 100 + np.arange(2, 12))
    observed = RecordTransforms(observe=["v"]).chosen(whole)
    assert (observed.component_names, observed.named_inputs) == (("v",), ("u",))
    np.testing.assert_array_equal(PaddedTrajectories.of(whole).inputs.values[0], whole.inputs[0])


def test_resampled_inputs_do_between_the_rows_what_the_record_says_of_them():
    held, straight = (resampled(driven().unchecked(input_interpolation=kind), 0.5) for kind in ("hold", "linear"))
    np.testing.assert_array_equal(held.inputs[0][:4, 0], [100, 100, 101, 101])
    np.testing.assert_array_equal(straight.inputs[0][:4, 0], [100, 100.5, 101, 101.5])


def test_the_spec_knows_names_and_scale_of_inputs():
    spec = RecordSpec.of(driven())
    assert (spec.input_names, spec.dim_in, spec.input_interpolation, spec.dim) == (("u",), 1, "hold", 2)
    np.testing.assert_allclose(spec.input_mean, [105.5])
    np.testing.assert_allclose(spec.input_deviation, [np.std(np.arange(12))])


def test_a_stored_past_brings_its_inputs_back():
    spec = RecordSpec.of(driven())
    past = stored_past(past_tensors(driven().tail(3)), spec)
    np.testing.assert_array_equal(past.inputs[0], driven().inputs[0][-3:])
    assert (past.named_inputs, past.input_interpolation) == (("u",), "hold")


def test_a_signal_goes_straight_or_is_held_and_stays_where_it_ends():
    asked = np.array([-1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 9.0])
    for kind, expected in {"linear": [0, 0, 1, 2, 0, -2, -2], "hold": [0, 0, 0, 2, 2, -2, -2]}.items():
        signal = InputSignals(TIMES[None], VALUES[None], kind)
        np.testing.assert_allclose([signal.at(np.array([t]))[0, 0] for t in asked], expected)
    slopes = [signal.slopes(np.array([t]))[0, 0] for t in asked]
    assert not any(slopes)
    straight = InputSignals(TIMES[None], VALUES[None], "linear")
    np.testing.assert_allclose([straight.slopes(np.array([t]))[0, 0] for t in asked], [0, 2, 2, -2, -2, 0, 0])


def test_a_held_input_keeps_its_value_to_the_end_of_a_step():
    stages = np.array([[[0.0, 0.5, 1.0], [1.0, 2.0, 3.0]]])
    held = InputSignals(TIMES[None], VALUES[None], "hold").at_stages(stages)[0, :, :, 0]
    np.testing.assert_array_equal(held, [[0, 0, 0], [2, 2, 2]])
    straight = InputSignals(TIMES[None], VALUES[None], "linear").at_stages(stages)[0, :, :, 0]
    np.testing.assert_array_equal(straight, [[0, 1, 2], [2, 0, -2]])


# ---- what will act ----------------------------------------------------------------------------------------------


def test_inputs_to_come_begin_with_those_of_the_last_row():
    spec, past = RecordSpec.of(driven()), driven()
    for given in (np.array([1.0, 2.0, 3.0]), np.array([[1.0], [2.0], [3.0]]), [np.array([[1.0], [2.0]])]):
        (ahead,) = inputs_ahead(past, spec, [2], given)
        np.testing.assert_array_equal(ahead, [[111.0], [1.0], [2.0]])


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        (None, ConfigurationError, "inputs: what this run has learned is driven by u; give its 2 values to come"),
        (np.ones(1), DataError, "inputs: 1 rows of u for 2 states to come; give a row for each"),
        (np.ones((2, 2)), DataError, r"inputs: an array of the shape \(2, 2\); give \(time, 1\), of u"),
        (np.array([1.0, np.nan]), DataError, "inputs: u is nan in row 1; give finite numbers"),
        ([np.ones(2), np.ones(2)], DataError, "inputs: 2 arrays for 1 trajectories; give one or as many"),
    ],
)
def test_inputs_that_do_not_fit_are_told_in_one_sentence(given, error, message):
    with pytest.raises(error, match=message):
        inputs_ahead(driven(), RecordSpec.of(driven()), [2], given)


def test_a_past_without_inputs_and_inputs_without_need_are_told():
    spec = RecordSpec.of(driven())
    with pytest.raises(DataError, match="past: it lacks the input u"):
        inputs_ahead(driven().unchecked(inputs=None, input_names=None), spec, [1], np.ones(1))
    with pytest.raises(ConfigurationError, match="inputs: what this run has learned takes no inputs"):
        inputs_ahead(table(), RecordSpec.of(table()), [1], np.ones(1))


def test_files_of_the_past_and_of_inputs_are_read_by_names(tmp_path):
    (tmp_path / "a.csv").write_text("t,x,u,v\n" + "".join(f"{n},{n},{100 + n},{200 + n}\n" for n in range(5)))
    record = TrajectoryFiles(tmp_path / "a.csv", inputs=["u"], split={"train": 1.0})
    record.setup()
    assert "with input u" in record.reading
    spec, past = record.spec, read_past(tmp_path / "a.csv", record.spec)
    np.testing.assert_array_equal(past.inputs[0][:, 0], 100 + np.arange(5))
    # what the record goes on with: the states are not known, the input is
    (tmp_path / "b.csv").write_text("t,x,u,v\n5,,7,\n6,,8,\n")
    np.testing.assert_array_equal(read_inputs(tmp_path / "b.csv", spec, past, 2), [[7], [8]])
    with pytest.raises(FileNotFoundError, match=r"inputs=.*nothing\.csv: there is no such file"):
        read_inputs(tmp_path / "nothing.csv", spec, past, 2)
    (tmp_path / "c.csv").write_text("7\n8\n")
    np.testing.assert_array_equal(read_inputs(tmp_path / "c.csv", spec, past, 2), [[7], [8]])
    np.savez(tmp_path / "d.npz", u=np.array([7.0, 8.0]), other=np.zeros(3))
    np.testing.assert_array_equal(read_inputs(tmp_path / "d.npz", spec, past, 2), [[7], [8]])
    with pytest.raises(DataError, match="begins at the time 0; the forecast needs inputs from 5 on, every 1"):
        read_inputs(tmp_path / "a.csv", spec, past, 2)
    (tmp_path / "hole.csv").write_text("t,u\n5,7\n7,8\n8,9\n")
    with pytest.raises(DataError, match="has no row at the time 6, after 5 comes 7; the forecast needs inputs from 5"):
        read_inputs(tmp_path / "hole.csv", spec, past, 3)
    (tmp_path / "e.csv").write_text("t,x,v\n0,1,2\n1,1,3\n")
    with pytest.raises(DataError, match=r"e\.csv has x, v; it needs the input u"):
        read_inputs(tmp_path / "e.csv", spec, past, 2)
    with pytest.raises(DataError, match=r"e\.csv lacks the input u"):
        read_past(tmp_path / "e.csv", spec)


# ---- simulated ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "options"),
    [
        (ForcedDuffing(), {"signal": "multisine"}),
        (ForcedDuffing(), {"signal": "random_steps", "input_interpolation": "linear"}),
        (Tank(), {"signal": "random_steps", "input_mean": 0.8, "input_amplitude": 0.4}),
    ],
)
def test_a_driven_record_is_what_its_own_input_makes_of_the_equations(system, options):
    record = DrivenTrajectories(system, n_steps=12, time_step=0.3, **options)
    loaded = record.load()
    u, kind, times = loaded.inputs[0][:, 0], loaded.input_interpolation, 0.3 * np.arange(12)
    assert kind == options.get("input_interpolation", "hold" if options["signal"] == "random_steps" else "linear")

    def rates(t: float, x: np.ndarray) -> list[float]:
        held = u[min(int(np.searchsorted(times, t, side="right")) - 1, 11)]
        force = float(held if kind == "hold" else np.interp(t, times, u))
        if isinstance(system, Tank):
            return [0.5 * force - 0.4 * np.sqrt(x[0])]
        return [x[1], -0.3 * x[1] + x[0] - x[0] ** 3 + force]

    x = loaded.states[0][0]
    for start, end, state in zip(times[:-1], times[1:], loaded.states[0][1:], strict=True):
        inside = end - 1e-12 * end  # the value at the end of an interval belongs to the next
        x = solve_ivp(rates, (start, inside), x, rtol=1e-10, atol=1e-12).y[:, -1]
        np.testing.assert_allclose(x, state, atol=1e-8)


def test_an_input_may_be_hidden_and_differs_from_trajectory_to_trajectory():
    options = {"n_steps": 30, "n_trajectories": 2, "signal": "random_steps"}
    hidden, seen = (DrivenTrajectories(ForcedDuffing(), observe_input=o, **options).load() for o in (False, True))
    assert hidden.inputs is None
    np.testing.assert_array_equal(hidden.states[1], seen.states[1])
    assert not np.array_equal(*seen.inputs)
    steps = np.diff(seen.inputs[0][:, 0])
    assert set(np.flatnonzero(steps) % 20) == {19}  # a new level every unit of time, which is twenty rows


def test_a_system_without_an_input_cannot_be_driven():
    with pytest.raises(ConfigurationError, match=r"data\.system: Duffing has 0 inputs; take one with 1"):
        DrivenTrajectories(Duffing(), n_steps=10)


@pytest.mark.parametrize("every", ["D", "h", "MS"])
def test_dates_of_inputs_are_those_of_the_forecast(tmp_path, every):
    """Each file counts from its own first row."""
    pandas = pytest.importorskip("pandas", reason="needs pandas, which others bring")
    dates = pandas.date_range("2020-01-01", periods=12, freq=every).strftime("%Y-%m-%d %H:%M:%S")
    rows = [f"{date},{n % 4},{100 + n}" for n, date in enumerate(dates)]
    for name, part in {"a": rows[:8], "b": rows[8:], "late": rows[9:]}.items():
        (tmp_path / f"{name}.csv").write_text("\n".join(["date,x,u", *part, ""]))
    record = TrajectoryFiles(tmp_path / "a.csv", inputs=["u"], split={"train": 1.0})
    record.setup()
    past = read_past(tmp_path / "a.csv", record.spec)
    np.testing.assert_array_equal(read_inputs(tmp_path / "b.csv", record.spec, past, 2), [[108], [109], [110], [111]])
    # told as the file writes them
    late, due = ({"D": date[:10], "h": date.replace(" ", "T"), "MS": date[:7]}[every] for date in (dates[9], dates[8]))
    with pytest.raises(DataError, match=f"begins at the time {late}; the forecast needs inputs from {due} on"):
        read_inputs(tmp_path / "late.csv", record.spec, past, 2)


@pytest.mark.parametrize(
    ("record_every", "rows", "times"),
    [
        ("MS", ["2020-01-31", "2020-02-29"], [0, 1]),  # ends of months, whose distance in days is none of months
        ("MS", ["2020-01-16", "2020-02-15", "2020-04-16"], [0, 1, 3]),
        ("MS", ["2020-01-05", "2020-01-09"], "counted by the day"),
        ("MS", ["2000-01", "2001-01", "2002-01"], "counted by the year"),
        ("D", ["2000-01", "2001-01", "2002-01"], "counted by the year"),
        ("D", ["2000-01", "2000-02", "2000-03"], "counted by the month"),
        ("D", ["2000-01-01", "2000-01-02"], [0, 1]),
    ],
)
def test_dates_of_a_past_are_on_the_clock_of_the_record_or_refused(tmp_path, record_every, rows, times):
    pandas = pytest.importorskip("pandas", reason="needs pandas, which others bring")
    dates = pandas.date_range("2015-01-01", periods=30, freq=record_every).strftime("%Y-%m-%d")
    for name, each in {"record": dates, "past": rows}.items():
        lines = ["date,x", *(f"{date},{n % 5}" for n, date in enumerate(each)), ""]
        (tmp_path / f"{name}.csv").write_text("\n".join(lines))
    record = TrajectoryFiles(tmp_path / "record.csv", split={"train": 1.0})
    record.setup()
    if isinstance(times, str):
        with pytest.raises(DataError, match=f"{times}, but the run's record has a row every 1 .*: give rows that far"):
            read_past(tmp_path / "past.csv", record.spec)
        return
    past = read_past(tmp_path / "past.csv", record.spec)
    np.testing.assert_array_equal(past.times_of(0), times)
    assert past.time_origins[0].moment == (rows[0][:7] if record_every == "MS" else rows[0])
