"""Text as programmes of the field write it: numbers, headings, and clocks; what cannot be told is refused."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas
import pytest

from sciml_bench.core.errors import ConfigurationError, DataError
from sciml_bench.data.sources import TrajectoryFiles

T = np.arange(20) / 10
X, Y = np.sin(T), np.cos(T)
ROWS = np.column_stack([X, Y])


def load(path, **options) -> tuple[str, Any]:
    record = TrajectoryFiles(path, **options)
    record.setup()
    return record.reading, record.load()


def written(path, heading: str, line="{t:.1f} {x:.6f} {y:.6f}\n", after: str = ""):
    path.write_text(heading + "".join(line.format(i=i, t=T[i], x=X[i], y=Y[i]) for i in range(20)) + after)
    return path


def test_decimal_commas_stand_in_quotes_between_commas(tmp_path):
    path = tmp_path / "x.csv"
    frame = pandas.DataFrame({"t": T, "x": X, "y": Y})
    frame.map(lambda value: str(value).replace(".", ",")).to_csv(path, index=False)
    _, found = load(path)
    assert found.component_names == ("x", "y")
    np.testing.assert_array_equal(found.states[0], ROWS)
    np.testing.assert_array_equal(found.times_of(0), T)


def test_commas_that_group_thousands_are_left_out_and_those_that_may_be_either_are_refused(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("t,x\n" + "".join(f'{t},"{1000 + 100 * t:,.2f}"\n' for t in T))
    np.testing.assert_allclose(load(path)[1].states[0][:, 0], 1000 + 100 * T)
    path.write_text("t,x\n" + "".join(f'{i},"{1000 + i:,}"\n' for i in range(20)))
    with pytest.raises(DataError, match=r"column 2 \(x\): in '1,000' the comma may mark decimals or group thousands"):
        load(path)
    path.write_text("t,x,y\n" + "".join(f'{i},"{1000 + i:,}",0.5\n' for i in range(20)))  # points mark decimals here
    np.testing.assert_array_equal(load(path)[1].states[0][:, 0], 1000 + np.arange(20))


@pytest.mark.parametrize("marks", [",.", ".,"])
def test_thousands_are_grouped_by_what_marks_no_decimals_in_the_rest_of_the_table(tmp_path, marks):
    """994 stands beside 1,014, so that reading it as 1.014 would leave a jump in silence."""
    group, point = marks
    path = tmp_path / "x.csv"
    values = 980 + 5 * np.arange(20)
    rows = zip((f"{t:.1f}".replace(".", point) for t in T), (f"{x:,}".replace(",", group) for x in values), strict=True)
    path.write_text("t;x\n" + "".join(f"{t};{x}\n" for t, x in rows))
    reading, found = load(path)
    np.testing.assert_array_equal(found.states[0][:, 0], values)
    np.testing.assert_allclose(found.times_of(0), T)
    assert f"1{group}000 in column 2 (x) is 1000" in str(reading)
    path.write_text("t;x\n" + "".join(f"{i};1{group}{i + 200}{point}5\n" for i in range(20)))
    np.testing.assert_array_equal(load(path)[1].states[0][:, 0], 1200.5 + np.arange(20))


def test_three_decimals_behind_every_comma_are_decimals_where_semicolons_separate_and_it_is_told(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("t;x\n" + "".join(f"{i};1,{200 + i}\n" for i in range(20)))
    reading, found = load(path)
    np.testing.assert_allclose(found.states[0][:, 0], 1.2 + 0.001 * np.arange(20))
    assert "1,200 in column 2 (x) is 1.200" in str(reading)
    path.write_text("t;x;y\n" + "".join(f"{i};1,{200 + i};0,5\n" for i in range(20)))  # surely decimals
    reading, found = load(path)
    np.testing.assert_allclose(found.states[0][:, 0], 1.2 + 0.001 * np.arange(20))
    assert "is 1.200" not in str(reading)


@pytest.mark.parametrize("letter", "DdEe")
def test_exponents_of_fortran_are_numbers(tmp_path, letter):
    path = tmp_path / "x.dat"
    path.write_text("".join(f" {t:.8E} {x:.8E} 0.123-101\n".replace("E", letter) for t, x in zip(T, X, strict=True)))
    _, found = load(path)
    np.testing.assert_allclose(found.states[0][:, 0], X, atol=1e-8)
    np.testing.assert_array_equal(found.states[0][:, 1], 0.123e-101)


@pytest.mark.parametrize("cell", ["****", "#N/A", "#DIV/0!", "-1.#IND", "1.#QNAN"])
@pytest.mark.parametrize("first", [False, True])
def test_what_programmes_write_for_no_number_is_missing_and_no_comment(tmp_path, cell, first):
    path, rows = tmp_path / "x.csv", [[f"{t}", f"{x}"] for t, x in zip(T, X, strict=True)]
    rows[3][1] = cell
    path.write_text("\n".join(",".join(row[:: -1 if first else 1]) for row in [["t", "x"], *rows]))
    with pytest.raises(DataError, match=r"1 values are missing \(x: 1; the first at row 3, time 0\.3\)"):
        load(path)
    assert load(path, missing="interpolate")[1].lengths == (20,)


HEADINGS = {
    "Campbell": (
        '"TOA5","CR1000","CR1000","1","CR1000.Std.32","CPU:p.CR1"\n"t","u","v"\n"s","Deg C","%"\n"","Avg","Smp"\n',
        "{t:.1f},{x:.6f},{y:.6f}\n",
    ),
    "titles": ("Station: Zugspitze\nexported by me, in 2020\n\nt,u,v\ns,Deg C,%\n", "{t:.1f},{x:.6f},{y:.6f}\n"),
    "Excel": ("sep=;\nt [s];u [Deg C];v [%]\n", "{t:.1f};{x:.6f};{y:.6f}\n"),
    "Grace": (
        '# GROMACS\n@    title "Energies"\n@    xaxis  label "t (s)"\n@TYPE xy\n@ s0 legend "u (Deg C)"\n'
        '@ s1 legend "v (%)"\n',
        "{t:.1f} {x:.6f} {y:.6f}\n",
    ),
    "COMSOL": ("% Model: a.mph\n% t (s)   u (Deg C)   v (%)\n", "{t:.1f}   {x:.6f}   {y:.6f}\n"),
    "Tecplot": (
        'TITLE = "run"\nVARIABLES = "t [s]", "u [Deg C]", "v [%]"\nZONE I=20, F=POINT\n',
        "{t:.1f} {x:.6f} {y:.6f}\n",
    ),
}


@pytest.mark.parametrize("programme", HEADINGS)
def test_names_and_units_are_found_below_titles_and_in_the_words_of_programmes(tmp_path, programme):
    heading, line = HEADINGS[programme]
    reading, found = load(written(tmp_path / ("x.xvg" if programme == "Grace" else "x.txt"), heading, line))
    assert found.component_names == ("u", "v")
    assert found.facts["component_units"] == ("Deg C", "%")
    assert found.time_unit == "s"
    assert "the column t is the time" in reading
    np.testing.assert_allclose(found.states[0], ROWS, atol=1e-6)


def test_the_units_of_dates_are_their_own_and_not_the_words_below_their_name(tmp_path):
    heading = '"TOA5","CR1000"\n"TIMESTAMP","RECORD","T"\n"TS","RN","Deg C"\n"","","Avg"\n'
    path = tmp_path / "x.dat"
    path.write_text(heading + "".join(f'"2020-01-01 {i:02d}:00:00",{i + 7},{X[i]}\n' for i in range(20)))
    reading, found = load(path)
    assert (found.time_unit, found.time_step) == ("hour", 1)
    assert "RECORD counts the rows" in reading


LABVIEW = "LabVIEW Measurement\t\nSeparator\tTab\n***End_of_Header***\t\n\nChannels\t2\t\nX0\t0.0E+0\t0.0E+0\n"


@pytest.mark.parametrize("tab", ["", "\t"])
def test_labview_names_its_clock_and_leaves_a_column_for_comments(tmp_path, tab):
    heading = LABVIEW + "***End_of_Header***\t\t\nX_Value\tVoltage\tCurrent\tComment\n"
    reading, found = load(written(tmp_path / "x.lvm", heading, "{t:.6f}\t{x:.6f}\t{y:.6f}" + tab + "\n"))
    assert found.component_names == ("Voltage", "Current")
    assert "the column X_Value is the time" in reading
    np.testing.assert_allclose(found.states[0], ROWS, atol=1e-6)


def test_probes_of_openfoam_stand_under_numbers_beside_their_time_and_vectors_in_brackets(tmp_path):
    heading = "# Probe 0 (0 0 0)\n# Probe 1 (1 0 0)\n#       Probe             0             1\n#        Time\n"
    _, found = load(written(tmp_path / "p.dat", heading))
    assert found.component_names == ("probe 0", "probe 1")
    np.testing.assert_array_equal(found.times_of(0), T)
    _, found = load(written(tmp_path / "U.dat", heading, "  {t:.1f}   ({x:.6f} 0 1)   ({y:.6f} 0 2)\n"))
    assert found.component_names == tuple(f"U_{axis} probe {number}" for number in (0, 1) for axis in "xyz")
    np.testing.assert_allclose(found.states[0], np.c_[X, 0 * X, 0 * X + 1, Y, 0 * X, 0 * X + 2], atol=1e-6)
    np.testing.assert_array_equal(found.times_of(0), T)
    line = "  {t:.1f}   ({x:.6f} 0 1 2 3 4)   ({y:.6f} 0 2 4 6 8)\n"
    _, found = load(written(tmp_path / "R.dat", heading, line))
    assert found.component_names[4:8] == ("R_yz probe 0", "R_zz probe 0", "R_xx probe 1", "R_xy probe 1")


@pytest.mark.parametrize("heading", ["# Time-averaged data for fix 1\n# TimeStep temp press\n", "Step temp press \n"])
def test_steps_of_lammps_are_the_clock(tmp_path, heading):
    _, found = load(written(tmp_path / "x.txt", heading, "{i}00 {x:.6f} {y:.6f}\n"))
    assert (found.component_names, found.time_unit, found.time_step) == (("temp", "press"), "step", 100)
    path = written(tmp_path / "y.txt", heading, "{i}00 {x:.6f} {y:.6f}\n", after="170 1.2\n")
    with pytest.raises(DataError, match=r"line 2[123]: 2 columns instead of 3; complete the row, or remove the line"):
        load(path)
    path.rename(path := tmp_path / "y.out")
    with pytest.raises(ConfigurationError, match=r"unknown suffix '.out'.*rename a table of numbers to \.txt"):
        load(path)


LAMMPS = (
    "LAMMPS (2 Aug 2023 - Update 1)\nLattice spacing in x,y,z = 1.6795962 1.6795962 1.6795962\n"
    "# 3d Lennard-Jones melt\nrun 9\nPer MPI rank memory allocation (min/avg/max) = 3.2 | 3.2 | 3.2 Mbytes\n"
)
AFTER = (
    "Loop time of 0.9 on 4 procs for 9 steps with 4000 atoms\n\nPerformance: 1.2 tau/day, 2.3 timesteps/s\n"
    "MPI task timing breakdown:\nSection |  min time  |  avg time  |  max time  |%varavg| %total\n"
    "Nlocal:           1000 ave        1010 max         990 min\nHistogram: 1 0 0 0 0 0 0 0 1 2\n"
    "1 neighbor lists, perpetual/occasional/extra = 1 0 0\n"
)
THERMO = "   Step          Temp          Press     \n"


def rows_of_lammps(begin: int, end: int) -> str:
    return "".join(f"{i:10d}   {X[i]:<12.6f}  {Y[i]:<12.6f}\n" for i in range(begin, end))


@pytest.mark.parametrize("name", ["log.lammps", "x.log", "x.txt"])
def test_tables_are_found_in_the_log_of_lammps_and_runs_stand_one_below_another(tmp_path, name):
    path = tmp_path / name
    first = LAMMPS + THERMO + rows_of_lammps(0, 5) + "WARNING: Dangerous builds = 1\n" + rows_of_lammps(5, 10) + AFTER
    path.write_text(first)
    reading, found = load(path)
    np.testing.assert_array_equal(found.states[0], ROWS[:10].round(6))
    assert (found.component_names, found.time_unit, found.time_step) == (("Temp", "Press"), "step", 1)
    assert "of text around the table left out" in reading
    for after in (AFTER + "Total wall time: 0:00:01\n", ""):  # the last run was killed
        path.write_text(first + THERMO + rows_of_lammps(9, 20) + after)
        reading, found = load(path)
        np.testing.assert_array_equal(found.states[0], ROWS.round(6))
        assert "2 tables one below another; 1 row with which a table begins as the one above ends left out" in reading
    path.write_text(first + THERMO.replace("Press", "PotEng") + rows_of_lammps(9, 20) + AFTER)
    with pytest.raises(DataError, match=r"line 2\d: .*columns Step, Temp, PotEng, .* has Step, Temp, Press; give each"):
        load(path)
    path.write_text(first + THERMO + rows_of_lammps(0, 10) + AFTER)  # reset_timestep 0
    with pytest.raises(DataError, match="the clock Step begins again in row 10"):
        load(path)


def colvar(path, *runs, names="time d1 metad.bias"):
    """Runs of PLUMED below one another, of the times begin to end; the second column tells the run."""
    text = ""
    for number, (begin, end) in enumerate(runs):
        rows = "".join(f" {t / 10:.6f} {number + np.sin(t):.6f} {t:.6f}\n" for t in range(begin, end))
        text += f"#! FIELDS {names}\n#! SET min_d1 0\n{rows}"
    path.write_text(text)
    return path


def test_of_what_restarted_runs_of_plumed_have_written_twice_the_later_one_counts(tmp_path):
    """The second run goes on from row 15 of the first, the third from before the second began."""
    reading, found = load(colvar(tmp_path / "COLVAR", (0, 20), (15, 30), (12, 40)))
    t = np.arange(40)
    np.testing.assert_allclose(found.times_of(0), t / 10)
    expected = np.column_stack([np.where(t < 12, 0, 2) + np.sin(t), t])
    np.testing.assert_allclose(found.states[0], expected, atol=1e-6)
    assert found.component_names == ("d1", "metad.bias")
    assert "3 runs of PLUMED one below another" in reading
    assert "23 rows that a restart has written again left out (the later run counts)" in reading
    reading, found = load(colvar(tmp_path / "COLVAR", (0, 20), (20, 40)))
    np.testing.assert_array_equal(found.lengths, [40])
    assert "2 runs" in reading
    assert "again" not in reading


def test_a_run_of_plumed_that_begins_with_the_first_moment_is_no_restart(tmp_path):
    for runs in ([(0, 20), (0, 20)], [(0, 20), (0, 20), (10, 30)]):
        with pytest.raises(DataError, match=r"again in row 20; .* need a file each|time is 0 at row 20; .*part traj"):
            load(colvar(tmp_path / "COLVAR", *runs))


def test_other_columns_after_a_restart_of_plumed_are_told_by_their_difference(tmp_path):
    first, second = (colvar(tmp_path / f"COLVAR.{n}", run) for n, run in enumerate([(0, 20), (20, 40)]))
    path = tmp_path / "COLVAR"
    for names, told in [
        ("time d1 d2 metad.bias", "with d2;"),
        ("time metad.bias", "without d1;"),
        ("time d2 metad.bias", "with d2 and without d1;"),
        ("time metad.bias d1", "in another order;"),
    ]:
        width = len(names.split())
        rows = "".join(" ".join([f"{t / 10:.6f}", *["1.5"] * (width - 1)]) + "\n" for t in range(18, 40))
        second.write_text(f"#! FIELDS {names}\n{rows}")
        path.write_text(first.read_text() + second.read_text())
        said = rf"line 23: the columns of a restarted run are others, {told} give each run a file .*data\.key=\["
        with pytest.raises(DataError, match=said):
            load(path)
    _, found = load([first, second], key=["metad.bias"])  # the way out
    assert found.lengths == (20, 22)


def test_rows_of_namd_stand_under_their_titles_among_other_lines(tmp_path):
    titles, other = "ETITLE:      TS           BOND          TOTAL\n", "TIMING: 10  CPU: 1.2, 0.01/step\n"
    lines = [f"ENERGY: {100 * i:6d} {X[i]:14.6f} {Y[i]:14.6f}\n" + other for i in range(20)]
    path = tmp_path / "x.log"
    path.write_text(
        "Info: NAMD 2.14\n" + titles + "".join(lines[:12]) + titles + "".join(lines[11:]) + "End of program\n"
    )
    _, found = load(path)
    np.testing.assert_array_equal(found.states[0], ROWS.round(6))
    assert (found.component_names, found.time_step) == (("BOND", "TOTAL"), 100)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", " "])
def test_words_below_a_table_are_left_out_and_told_and_a_faulty_row_is_not(tmp_path, delimiter):
    text = "t,x,y\n" + "".join(f"{t:.1f},{x:.6f},{y:.6f}\n" for t, x, y in zip(T, X, Y, strict=True))
    path, text = tmp_path / "x.csv", text.replace(",", delimiter)
    path.write_text(text + "\nend of the measurement\n" + "exported by me: 2020\n")
    reading, found = load(path)
    np.testing.assert_array_equal(found.states[0], ROWS.round(6))
    assert "2 lines of text around the table left out" in reading
    for fault in ("2.0,0.5\n", "2.0,0.5,bad\n", "mean,0.5,0.3\n", "pump on\n2.0,0.5,0.3\n"):
        path.write_text(text + fault.replace(",", delimiter) + "the end\n")
        with pytest.raises(DataError):
            load(path)


TIMES_OF_DAY = {
    "date and time": ("Date;Time;x\n", "2020-01-01;12:{i:02d}:00;{x:.6f}\n", 60, "s"),
    "days at six": ("Date;Time;x\n", "2020-02-{i:02d};6:00:00;{x:.6f}\n", 1, "day"),
    "hours, minutes, seconds": ("Time;x\n", "00:{i:02d}:30.5;{x:.6f}\n", 60, "s"),
    "durations of MATLAB": ("Time,x\n", "{t:.1f} hr,{x:.6f}\n", 0.1, "hour"),
}


@pytest.mark.parametrize("kind", TIMES_OF_DAY)
def test_times_of_the_day_and_durations_are_a_clock(tmp_path, kind):
    heading, line, step, unit = TIMES_OF_DAY[kind]
    path = tmp_path / "x.csv"
    path.write_text(heading + "".join(line.format(i=i, t=i / 10, x=X[i]) for i in range(1, 20)))
    _, found = load(path)
    assert (found.component_names, found.time_unit) == (("x",), unit)
    assert found.time_step == pytest.approx(step)


def clock(seconds: float) -> str:
    return f"{seconds // 3600:02.0f}:{seconds % 3600 // 60:02.0f}:{seconds % 60:02.0f}"


def of_day(path, seconds, name="Time"):
    path.write_text(f"{name},x\n" + "".join(f"{clock(s % 86400)},{np.sin(s):.6f}\n" for s in seconds))
    return path


@pytest.mark.parametrize(
    ("begin", "step", "n", "told"),
    [
        (86390, 20, 20, "once"),  # 23:59:50, 00:00:10
        (3600, 6 * 3600, 15, "3 times"),
        (0, 900, 200, "2 times"),  # comes back to where it began
    ],
)
def test_a_clock_that_passes_midnight_goes_on_with_the_next_day(tmp_path, begin, step, n, told):
    seconds = begin + step * np.arange(n)
    reading, found = load(of_day(tmp_path / "x.csv", seconds))
    np.testing.assert_array_equal(found.times_of(0), seconds)
    assert f"the clock passes midnight {told}: from there on it is the next day" in reading
    assert (found.time_unit, found.component_names) == ("s", ("x",))
    load(of_day(tmp_path / "x.csv", seconds, "clock"), time_column="clock")


@pytest.mark.parametrize(
    "seconds",
    [
        [*range(100, 200, 10), 150, *range(200, 300, 10)],  # in disorder
        [*range(0, 50000, 1000), *range(0, 50000, 1000)],  # two trajectories, which fall by more than half a day
        [*range(86000, 86400, 20), *range(0, 400, 20), 300, *range(400, 500, 20)],  # midnight, and in disorder
    ],
)
def test_a_clock_of_the_day_that_steps_back_otherwise_is_refused(tmp_path, seconds):
    with pytest.raises(DataError, match=r"begins again|must be finite and increase"):
        load(of_day(tmp_path / "x.csv", np.array(seconds)), time_column="Time")


def test_the_only_column_that_rises_evenly_is_the_clock_whatever_its_language(tmp_path):
    reading, found = load(written(tmp_path / "x.csv", "Zeit;Weg;Kraft\n", "{t:.1f};{x:.6f};{y:.6f}\n"))
    assert found.component_names == ("Weg", "Kraft")
    assert "the column Zeit rises evenly and is taken for the time (data.time_column=none: it is a state)" in reading
    assert load(tmp_path / "x.csv", time_column="none")[1].component_names == ("Zeit", "Weg", "Kraft")
    _, found = load(written(tmp_path / "x.csv", "a,b,c\n", "{t:.1f},{i},{y:.6f}\n"))  # two that do
    assert found.component_names == ("a", "b", "c")


def test_numbers_of_the_rows_are_left_out_beside_dates_as_well(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(
        '"Plot Title: 1"\n"#","Date Time","T"\n' + "".join(f"{i + 1},2020-01-{i + 1:02d},{X[i]}\n" for i in range(20))
    )
    assert load(path)[1].component_names == ("T",)


def clock_of(cells: Sequence[str]) -> str:
    return "time,x\n" + "".join(f"{cell},{i % 3}\n" for i, cell in enumerate(cells))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (clock_of(["00:00:00", "00:00:10", "00:00:40", "00:00:35", "00:01:00"]), "whose times do not rise"),
        (clock_of(["2020-01-05", "2020-01-02", "2020-01-07", "2020-01-01"]), "whose times do not rise"),
    ],
)
def test_dates_that_are_no_clock_are_no_states_either(tmp_path, text, said):
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(DataError, match=rf"{said}; .* data.time_column=none data.key="):
        load(tmp_path / "x.csv")
    assert load(tmp_path / "x.csv", time_column="none", key="x")[1].component_names == ("x",)


def test_24_00_00_is_midnight(tmp_path):
    (tmp_path / "x.csv").write_text(clock_of(["23:58:00", "23:59:00", "24:00:00", "00:01:00", "00:02:00"]))
    _, found = load(tmp_path / "x.csv")
    np.testing.assert_array_equal(np.diff(found.times_of(0)), 60.0)


NAMD_LOG = "Charm++> on 1 node\nETITLE: TS BOND TEMP\n\n" + "".join(f"ENERGY: {i} {i * i}.5 300.0\n" for i in range(6))


def test_the_steps_of_namd_are_no_seconds(tmp_path):
    (tmp_path / "x.log").write_text(NAMD_LOG)
    assert load(tmp_path / "x.log")[1].time_unit != "s"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (LAMMPS + THERMO + rows_of_lammps(0, 5).rstrip().rsplit(" ", 1)[0], "line 11: 2 columns instead of 3"),
        (NAMD_LOG[:-10], r"line 9: 2 columns instead of 3; complete the row"),
        (NAMD_LOG.replace("ENERGY: 3 9.5 300.0", "ENERGY: 3 9.5"), r"line 7: '3 9.5' is no row of 3 numbers"),
        (NAMD_LOG.replace("ENERGY: 3 9.5", "ENERGY: 3 words"), r"line 7: '3 words 300.0' is no row of 3 numbers"),
        (
            LAMMPS + THERMO + rows_of_lammps(0, 5) + "SHAKE stats\n" + rows_of_lammps(5, 9) + AFTER,
            "text parts this row from its table",
        ),
    ],
)
def test_a_broken_row_of_a_log_is_named(tmp_path, text, said):
    (tmp_path / "x.log").write_text(text)
    with pytest.raises(DataError, match=said):
        load(tmp_path / "x.log")


def test_quarters_are_dates_and_no_numbers_of_fortran(tmp_path):
    (tmp_path / "x.csv").write_text("quarter,x\n" + "".join(f"{2020 + i // 4}Q{i % 4 + 1},{i % 3}\n" for i in range(9)))
    _, found = load(tmp_path / "x.csv", time_column="quarter")
    assert (found.component_names, found.time_unit, found.time_step) == (("x",), "month", 3)
    (tmp_path / "x.csv").write_text("a,b\n" + "".join(f"{i * i},{i}Q{i}\n" for i in range(9)))
    with pytest.raises(DataError, match="'0Q0' is not a number"):
        load(tmp_path / "x.csv")


def test_the_cell_is_named_that_is_no_date_among_dates(tmp_path):
    (tmp_path / "x.csv").write_text("date,x\n2024-01-01,1\n,2\n2024-01-03,3\n2024-01-04,5\n")
    with pytest.raises(DataError, match=r"line 3, column 1 \(date\): '' is not a number"):
        load(tmp_path / "x.csv")
    (tmp_path / "x.csv").write_text("start,end,x\n" + "".join(f"2024-01-0{i},2024-02-0{i},{i}\n" for i in range(1, 9)))
    with pytest.raises(DataError, match=r"column 2 \(end\) holds dates and is not the clock"):
        load(tmp_path / "x.csv")


def test_a_first_line_that_counts_the_columns_is_told(tmp_path):
    reading, found = load(written(tmp_path / "x.csv", "0,1,2\n", "{t:.1f},{x:.6f},{y:.6f}\n"))
    assert len(found.states[0]) == 21
    assert "the first line, 0, 1, 2, is a row (data.first_row=1 leaves it out)" in reading
