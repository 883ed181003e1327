"""Trajectories: states on a clock, what may be asked of them, and what they have to be."""

from sciml_bench.data.trajectories.checks import LARGEST_VALUE as LARGEST_VALUE
from sciml_bench.data.trajectories.checks import MissingError as MissingError
from sciml_bench.data.trajectories.observations import HOLD as HOLD
from sciml_bench.data.trajectories.observations import INTERPOLATIONS as INTERPOLATIONS
from sciml_bench.data.trajectories.observations import LINEAR as LINEAR
from sciml_bench.data.trajectories.observations import column_names as column_names
from sciml_bench.data.trajectories.state_axis import StateAxis as StateAxis
from sciml_bench.data.trajectories.time_origin import TimeOrigin as TimeOrigin
from sciml_bench.data.trajectories.time_origin import dates_of as dates_of
from sciml_bench.data.trajectories.trajectories import Trajectories as Trajectories
