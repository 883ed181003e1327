"""How a method reads a record: as lagged pairs, as whole trajectories, as windows, or as fresh parameters."""

from sciml_bench.data.views.fresh_parameters import FreshParameters
from sciml_bench.data.views.input_signals import InputSignals
from sciml_bench.data.views.lagged_pairs_view import LaggedPairsView
from sciml_bench.data.views.whole_trajectories_view import PaddedTrajectories, WholeTrajectoriesView
from sciml_bench.data.views.windows_view import WindowsView

__all__ = [
    "FreshParameters",
    "InputSignals",
    "LaggedPairsView",
    "PaddedTrajectories",
    "WholeTrajectoriesView",
    "WindowsView",
]
