"""Tell the metastable states of what a Koopman run has learned: populations and mean first-passage times.

The numbers are printed, and go with the free energy over the slow coordinates to kinetics/ within the run; of a
molecule also how these coordinates correlate with the dihedrals of its backbone and its radius of gyration.
"""

import argparse
from itertools import permutations
from pathlib import Path
from typing import Any, cast

from sciml_bench.command_line._numbers import whole_number

_BEYOND = 1000
"""Lengths of the record, from which on a time is told as infinite: nothing is known of it but that it is long."""
_PLACED = 6
"""Components, or dihedrals, that say where a state is."""
_SELDOM = 10
"""Times below which a state was entered too seldom for its passage times."""
_FAR = 8
"""Standard deviations beyond which the purest row of a state is odd."""
_CORRELATIONS = 5
"""Of a slow coordinate that are printed; all are in the file."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which run, how many states, and how large their cores are."""
    parser.add_argument("run", type=Path, metavar="RUN", help="a run folder of train_koopman.py")
    parser.add_argument(
        "--states",
        type=whole_number,
        metavar="N",
        help="metastable states (default: as many as lie before the largest gap of the timescales)",
    )
    parser.add_argument(
        "--core",
        type=float,
        default=0.9,
        metavar="SHARE",
        help="least membership of a row in the core of a state, where passages end, as a share of what half of that "
        "state's rows reach (default: %(default)s)",
    )
    parser.add_argument(
        "--committor",
        type=two_states,
        default=(0, 1),
        metavar="A,B",
        help="states between which the committor is computed, by population (default: 1,2)",
    )


def two_states(text: str) -> tuple[int, int]:
    """Two numbers from 1, as they are printed, counted from 0.

    Raises:
        argparse.ArgumentTypeError: they are no two numbers.
    """
    parts = text.split(",")
    if len(parts) != 2 or not all(part.strip().isdigit() for part in parts):
        raise argparse.ArgumentTypeError(f"{text}: give two states, such as 1,2")
    return int(parts[0]) - 1, int(parts[1]) - 1


def answer(asked: argparse.Namespace) -> None:
    """Find the states, print and write.

    Raises:
        FileNotFoundError: there is no run.
        ConfigurationError: a number of states or a core out of range.
        DataError: the run has learned no operator, or nothing is metastable.
    """
    # imported late: torch would make the help wait
    import numpy as np
    from matplotlib.figure import Figure

    from sciml_bench.core.errors import DataError
    from sciml_bench.core.stored.files import write_arrays
    from sciml_bench.data.molecules import MolecularTrajectories
    from sciml_bench.drawing import draw
    from sciml_bench.drawing.style import save_figure
    from sciml_bench.koopman import KoopmanModel
    from sciml_bench.koopman.kinetics import correlations, kinetics_of
    from sciml_bench.training.restore import restore

    run = restore(asked.run, asked.trust)
    if not isinstance(run.learned, KoopmanModel):
        raise DataError(f"{asked.run} has learned no operator; metastable states are those of a Koopman run")
    record = run.data()
    found = kinetics_of(run.learned, record.splits["train"], asked.states, core=asked.core, ends=asked.committor)
    folder = asked.run / "kinetics"
    folder.mkdir(exist_ok=True)
    arrays = {**found.as_arrays(), "time_unit": run.learned.spec.time_unit}
    variables = record.collective_variables() if isinstance(record, MolecularTrajectories) else None
    if variables is not None:
        measured = variables["train"].between_gaps(run.learned.spec.lag + 1)
        arrays["correlations"] = correlations(found.slow_coordinates, measured.flattened)
        arrays["variable_names"] = np.array(measured.component_names)
    write_arrays(folder / "arrays.npz", arrays)
    for name in ("free_energy", *(["correlations"] if variables is not None else [])):
        save_figure(cast(Figure, draw(name, arrays)), folder / f"{name}.png")
    angles = {} if variables is None else dihedrals_of_states(found, measured)
    print(_told(found, run.learned.spec, angles), end="")
    if variables is not None:
        print(_told_correlations(arrays["correlations"], arrays["variable_names"]), end="")
    print(f"wrote {folder}")


def dihedrals_of_states(found: Any, measured: Any) -> dict[str, Any]:
    """The mean direction of every backbone dihedral over the rows in the core of each state, in degrees.

    Args:
        found: the kinetics.
        measured: collective variables at the same rows, cosines and sines of dihedrals among them.
    """
    import numpy as np

    from sciml_bench.koopman.kinetics.cores import in_cores

    weights = in_cores(found.row_memberships, found.core_memberships).T * found.row_weights
    columns, sums = measured.component_names, weights @ measured.flattened
    places = {name.removeprefix("cos "): place for place, name in enumerate(columns) if name.startswith("cos ")}
    cosines, sines = (
        {name: sums[:, columns.index(f"{function} {name}")] for name in places} for function in ("cos", "sin")
    )
    return {name: np.degrees(np.arctan2(sines[name], cosines[name])) for name in places}


def _told(found: Any, spec: Any, angles: Any) -> str:
    """The states by population, and the mean first-passage times between their cores."""
    # imported late, as above
    import numpy as np

    from sciml_bench.koopman.kinetics.cores import in_cores

    unit, count = spec.time_unit, len(found.populations)
    times = ", ".join(f"{value:.4g}" for value in found.timescales)
    lines = [f"{count} metastable states; implied timescales {times} {unit}"]
    if found.overlap > 0.1:
        lines.append(f"memberships leave 0 … 1 by up to {found.overlap:.2g}: the states are not well separated")
    for number in range(count):
        where = ", ".join(f"{name} = {each[number]:.0f}°" for name, each in angles.items())
        where = where if 0 < len(angles) <= _PLACED else _placed(spec, found.centres[number])
        lines.append(
            f"  state {number + 1}: {100 * found.populations[number]:.3g} % by memberships;"
            f" {100 * found.in_core[number]:.3g} % of the rows in its core, from {found.core_memberships[number]:.2g}"
            f"{', about ' + where if where else ''}"
        )
    if found.passages_from == "rates":
        lines.append(f"mean first-passage times between the states as wholes, from the generator's rates [{unit}]")
        lines += [f"  {a + 1} → {b + 1}: {found.passage_times[a, b]:.4g}" for a, b in permutations(range(count), 2)]
        lines.append("no intervals and no committor: the steps of these rows are those of the dynamics with its bias")
        return "\n".join(lines) + "\n"
    lines += _told_seldom(found, spec)
    if found.passages_from == "biased_steps":
        lines.append(
            "warning: passages and committor are those of the dynamics with its bias, whose steps these are; weights "
            "restore populations alone, and distort timescales (training=generator tells rates without the bias)"
        )
    lines.append(f"mean first-passage times from core to core, with 95 % intervals [{unit}]")
    longest = _BEYOND * sum(spec.lengths) * spec.time_step
    for at in permutations(range(count), 2):
        mean, low, high = (
            "inf" if values[at] > longest else f"{values[at]:.4g}"
            for values in (found.passage_times, found.passage_times_lower, found.passage_times_upper)
        )
        lines.append(f"  {at[0] + 1} → {at[1] + 1}: {mean} ({low} … {high})")
    source, target = found.committor_ends
    crossed = f"{100 * found.in_transition:.2g} % of the rows are as likely to go on as to turn back"
    where = _placed(spec, found.transition_state) if found.in_transition else ""
    between = ~in_cores(found.row_memberships, found.core_memberships)[:, [source, target]].any(axis=1)
    lines.append(f"committor {source + 1} → {target + 1}: {crossed}{', about ' + where if where else ''}")
    if between.any():
        width = np.median((found.committor_upper - found.committor_lower)[between])
        lines.append(f"  between the cores its 95 % intervals are {width:.2g} wide (median)")
    return "\n".join(lines) + "\n"


def _told_seldom(found: Any, spec: Any) -> list[str]:
    """What to think of states into which trajectories hardly ever come."""
    lines, names = [], spec.column_names
    for number, times in enumerate(found.entries):
        if times >= _SELDOM:
            continue
        away, component = found.farthest_deviations[number], found.farthest_components[number]
        odd = f"its purest row lies {away:.3g} standard deviations from the mean in {names[component]}"
        leave_out = f"{odd}: it may be an outlier, so leave out these rows, or that column with data.observe"
        remedy = leave_out if away > _FAR else "observe it for longer"
        told = "never" if times == 0 else "once" if times == 1 else f"{times} times"
        lines.append(
            f"warning: state {number + 1} was entered {told} from another core, too seldom for its times; {remedy}"
        )
    return lines


def _told_correlations(values: Any, names: Any) -> str:
    """The strongest ones of every slow coordinate."""
    import numpy as np

    lines = []
    for number, row in enumerate(values):
        order = np.argsort(-np.nan_to_num(np.abs(row)), kind="stable")[:_CORRELATIONS]
        shown = ", ".join(f"{row[column]:+.2f} {names[column]}" for column in order)
        lines.append(f"eigenfunction {number + 2} correlates with: {shown}")
    return "\n".join(lines) + "\n"


def _placed(spec: Any, state: Any) -> str:
    """The components of a state of few of them, by name."""
    names, values = spec.component_names, state.ravel()
    shown = len(names) == len(values) <= _PLACED
    return ", ".join(f"{name} = {value:.4g}" for name, value in zip(names, values, strict=True)) if shown else ""
