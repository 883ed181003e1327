from pathlib import Path

import numpy as np
import pytest
from omegaconf import OmegaConf

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.core.instantiate import instantiate
from sciml_bench.data.sources import DoublePendulumRecording

REAL = Path(__file__).parents[2].parent / "shared" / "data" / "double_pendulum" / "real_double_pend_h_1.txt"
CONFIGURATION = Path(__file__).parents[2] / "conf/shared/data/double_pendulum.yaml"
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


def ready(path, **options):
    record = DoublePendulumRecording(path, **{"split": {"train": 3, "test": 2}, **options})
    record.setup()
    return record


def test_the_parts_are_consecutive_rows_of_one_trial_on_its_own_clock(recording):
    splits = ready(recording(made_up_lines()), trial=1, first_row=1).splits
    for part, rows in ((splits["train"], np.arange(1, 4)), (splits["test"], np.arange(4, 6))):
        np.testing.assert_allclose(part.times_of(0), rows**1.5)
        np.testing.assert_allclose(part.states[0], rows[:, None] * np.array([1, 2, 3, 4]))
        assert part.clean is None


def test_the_record_names_its_components_its_unit_and_its_file(recording):
    path = recording(made_up_lines())
    record = ready(path, split={"train": 6})
    assert record.spec.component_names == ("θ1", "θ2", "ω1", "ω2")
    assert record.spec.time_unit == "s"
    assert record.spec.system is None
    assert [file["path"] for file in record.files] == [path]


def test_fractions_are_of_all_rows_of_the_trial(recording):
    record = ready(recording(made_up_lines()), split={"train": 0.5, "test": 0.5})
    assert [part.lengths for part in record.splits.values()] == [(4,), (4,)]


def test_a_missing_file_says_where_it_is_to_be_had(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"data\.path=.*Schmidt and Lipson.*doi:10\.1126/science\.1165893"):
        ready(tmp_path / "nowhere.txt")
    with pytest.raises(ConfigurationError, match=r"data\.path=null"):
        ready(None)


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
        ready(recording(lines))


def test_a_file_without_numbers_is_refused(recording, tmp_path):
    with pytest.raises(DataError, match="holds no numbers"):
        ready(recording(["% o1 o2 w1 w2", ""]))
    (tmp_path / "image.txt").write_bytes(b"\xff\xd8\xff\xe0")
    with pytest.raises(DataError, match="not a text file"):
        ready(tmp_path / "image.txt")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"trial": 2}, "data.trial=2: .* the trials 0, 1"),
        ({"trial": -1}, "data.trial=-1"),
        ({"first_row": 4}, "data.first_row=4, data.n_rows=5: .* trial 0 has only 8 rows"),
        ({"first_row": -1}, "data.first_row=-1"),
        ({"n_rows": 1}, "data.n_rows=1"),
        ({"n_rows": 4}, "5 asked for, but there are 4"),
        ({"split": {"train": 7, "test": 2}}, "data.n_rows=9: .* only 8 rows; use fewer, also in data.split"),
    ],
)
def test_rows_that_do_not_exist_are_named(recording, options, message):
    with pytest.raises(ConfigurationError, match=message):
        ready(recording(made_up_lines()), **options)


@needs_recording
def test_the_real_recording_keeps_its_uneven_clock():
    record = DoublePendulumRecording(str(REAL))
    record.setup()
    train, test = record.splits["train"], record.splits["test"]
    table = np.loadtxt(REAL, skiprows=1)
    first = table[table[:, 0] == 0][:200]
    np.testing.assert_array_equal(np.concatenate([train.times_of(0), test.times_of(0)]), first[:, 1])
    np.testing.assert_array_equal(np.concatenate([train.states[0], test.states[0]]), first[:, 2:6])
    assert train.times_of(0)[-1] == pytest.approx(1.06, abs=1e-3)
    intervals = np.diff(first[:, 1])
    assert intervals.max() > 1.9 * intervals.min()
    assert record.spec.time_step == pytest.approx(0.01, rel=1e-3)
    # the velocities are those of the angles, so that a second-order model applies
    slope = np.gradient(first[:100, 2], first[:100, 1])
    assert np.corrcoef(slope, first[:100, 4])[0, 1] > 0.99


@needs_recording
def test_both_trials_of_the_real_recording_can_be_used_to_the_end():
    for trial, n_rows in ((0, 819), (1, 701)):
        record = ready(str(REAL), trial=trial, split={"train": n_rows - 100, "test": 100})
        assert record.splits["test"].lengths == (100,)


@needs_recording
def test_the_simulated_pendulum_begins_like_the_real_one():
    """Point masses without friction follow the recorded angles for a third of a second to a fifth of a radian."""
    real = ready(str(REAL), split={"train": 100}).splits["train"]
    simulated = instantiate(OmegaConf.load(CONFIGURATION), role="data")
    simulated.setup()
    truth = simulated.splits["train"]
    early = real.times_of(0) < 0.35
    angles = np.stack(
        [np.interp(real.times_of(0)[early], truth.times_of(0), truth.clean[0][:, angle]) for angle in (0, 1)], axis=1
    )
    np.testing.assert_allclose(angles, real.states[0][early, :2], atol=0.2)
    assert np.ptp(angles) > 2
