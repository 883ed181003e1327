from pathlib import Path

import numpy as np
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data import DoublePendulumFile

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "double_pendulum" / "real_double_pend_h_1.txt"
needs_recording = pytest.mark.skipif(not REAL.is_file(), reason=f"the recording of Schmidt and Lipson is not in {REAL}")


def made_up_lines(n_rows=(8, 6)):
    """Trials on uneven clocks; θ1 counts the rows, the other columns are multiples of it."""
    lines = ["% o1 o2 w1 w2"]
    for trial, n in enumerate(n_rows):
        lines += [f"{trial} {row**1.5} {row} {2 * row} {3 * row} {4 * row} 0 0 0 0" for row in range(n)]
    return lines


@pytest.fixture
def recording(tmp_path):
    def write(lines):
        path = tmp_path / "pendulum.txt"
        path.write_text("\n".join(lines) + "\n")
        return str(path)

    return write


def load(path, **options):
    return DoublePendulumFile(path, **{"n_interpolation": 3, "n_extrapolation": 2, **options}).load()


def test_the_windows_are_consecutive_rows_of_one_trial_on_its_own_clock(recording):
    path = recording(made_up_lines())
    observations = load(path, trial=1, first_row=1)
    rows = np.arange(1, 6)
    np.testing.assert_allclose(observations.times[0], rows**1.5)
    np.testing.assert_allclose(observations.states[0], rows[:, None] * np.array([1, 2, 3, 4]))
    np.testing.assert_allclose(observations.initial_states[0], [1, 2, 3, 4])
    assert observations.window.tolist() == [[1, 1, 1, 2, 2]]
    assert observations.clean is None


def test_the_data_name_their_components_and_their_unit(recording):
    data = DoublePendulumFile(recording(made_up_lines()), n_interpolation=6, n_extrapolation=0)
    data.setup()
    assert data.spec.component_names == ("θ1", "θ2", "ω1", "ω2")
    assert data.spec.time_unit == "s"
    assert data.system is None


def test_a_missing_file_says_where_it_is_to_be_had(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"data\.path=.*Schmidt and Lipson.*doi:10\.1126/science\.1165893"):
        load(tmp_path / "nowhere.txt")
    with pytest.raises(ConfigurationError, match=r"data\.path=null"):
        load(None)


@pytest.mark.parametrize(
    ("line", "content", "message"),
    [
        (3, "0 1.0 0.5 0.1 0.2", "line 3: 5 columns, of which ω2 is missing"),
        (4, "0", "line 4: 1 columns, of which time is missing"),
        (5, "0 5.0 0.5 abc 0.2 0.3", r"line 5, column 4 \(θ2\): 'abc' is not a finite number"),
        (2, "0 0.0 0.5 0.1 nan 0.3", r"line 2, column 5 \(ω1\): 'nan'"),
        (2, "0 inf 0.5 0.1 0.2 0.3", r"line 2, column 2 \(time\): 'inf'"),
        (4, "0 1.0 0.5 0.1 0.2 0.3", r"line 4, column 2 \(time\): 1 is not later"),
        (4, "0 0.5 0.5 0.1 0.2 0.3", r"line 4, column 2 \(time\): 0.5 is not later"),
    ],
)
def test_a_broken_line_is_named_with_its_column(recording, line, content, message):
    lines = made_up_lines()
    lines[line - 1] = content
    with pytest.raises(DataError, match=rf"data\.path=.*pendulum\.txt, {message}"):
        load(recording(lines))


def test_a_file_without_numbers_is_refused(recording, tmp_path):
    with pytest.raises(DataError, match="holds no numbers"):
        load(recording(["% o1 o2 w1 w2", ""]))
    (tmp_path / "image.txt").write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(DataError, match="not a text file"):
        load(tmp_path / "image.txt")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"trial": 2}, "data.trial=2: .* the trials 0, 1"),
        ({"trial": -1}, "data.trial=-1"),
        ({"first_row": 4}, "data.first_row=4, .* need 9 rows, but trial 0 has 8"),
        ({"first_row": -1}, "data.first_row=-1"),
        ({"n_interpolation": 1}, "data.n_interpolation=1"),
        ({"n_interpolation": 7}, "data.n_interpolation=7 .* need 9 rows"),
        ({"n_extrapolation": -1}, "data.n_extrapolation=-1"),
        ({"n_extrapolation": 2.5}, "data.n_extrapolation=2.5"),
    ],
)
def test_rows_that_do_not_exist_are_named(recording, options, message):
    with pytest.raises(ConfigurationError, match=message):
        load(recording(made_up_lines()), **options)


@needs_recording
def test_the_real_recording_keeps_its_uneven_clock():
    data = DoublePendulumFile(str(REAL))
    data.setup()
    table = np.loadtxt(REAL, skiprows=1)
    first = table[table[:, 0] == 0][:200]
    np.testing.assert_array_equal(data.observations.times[0], first[:, 1])
    np.testing.assert_array_equal(data.observations.states[0], first[:, 2:6])
    assert data.observations.times[0, 99] == pytest.approx(1.06, abs=1e-3)
    intervals = np.diff(data.observations.times[0])
    assert intervals.max() > 1.9 * intervals.min()
    assert data.spec.time_step == pytest.approx(0.01, rel=1e-3)
    # the velocities are those of the angles, so that a second-order model applies
    slope = np.gradient(first[:100, 2], first[:100, 1])
    assert np.corrcoef(slope, first[:100, 4])[0, 1] > 0.99


@needs_recording
def test_both_trials_of_the_real_recording_can_be_used_to_the_end():
    for trial, n_rows in ((0, 819), (1, 701)):
        observations = load(str(REAL), trial=trial, n_interpolation=n_rows - 100, n_extrapolation=100)
        assert observations.lengths.tolist() == [n_rows]
