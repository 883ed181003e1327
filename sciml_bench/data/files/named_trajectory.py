"""One trajectory of a person's file, with what the file says of it."""

from dataclasses import dataclass

import numpy as np

from sciml_bench.data.files.cell_areas import Latitudes
from sciml_bench.data.lazy_states import StateArray
from sciml_bench.data.trajectories.state_axis import StateAxis
from sciml_bench.data.trajectories.time_origin import TimeOrigin


@dataclass(frozen=True, eq=False)
class NamedTrajectory:
    """One trajectory of a file.

    Args:
        name: file and place in it, for messages.
        states: with axes (time, *state).
        times: where the file gives them.
        time_step: between two rows, where the file gives that instead.
        time_unit: where the file tells it.
        time_origin: from which the times count, where they were dates.
        component_names: where the file gives them.
        component_units: of these, None for one without.
        notes: how the file was read, where it could be read otherwise.
        grid: positions of the points of a one-dimensional field.
        axes: of a state, where the file names them and tells the positions along one.
        body_names: of the bodies where states are (bodies, axes).
        missing_times: when the rows were observed that are cut out.
        latitudes: of the cells that a state is made of.
        array_name: of an array of one component, which is called so where all trajectories agree.
    """

    name: str
    states: StateArray
    times: np.ndarray | None = None
    time_step: float | None = None
    time_unit: str | None = None
    component_names: tuple[str, ...] | None = None
    component_units: tuple[str | None, ...] | None = None
    notes: tuple[str, ...] = ()
    grid: tuple[float, ...] | None = None
    body_names: tuple[str, ...] | None = None
    missing_times: np.ndarray | tuple[()] = ()
    latitudes: Latitudes | None = None
    array_name: str | None = None
    time_origin: TimeOrigin | None = None
    axes: tuple[StateAxis, ...] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """What the file calls the components; none where it does not tell."""
        return self.component_names or (() if self.array_name is None else (self.array_name,))
