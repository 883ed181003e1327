"""How a method reads a record: as lagged pairs, as whole trajectories, or as windows."""

from sciml_bench.data.views.lagged_pairs_view import LaggedPairsView
from sciml_bench.data.views.whole_trajectories_view import PaddedTrajectories, WholeTrajectoriesView
from sciml_bench.data.views.windows_view import WindowsView

__all__ = ["LaggedPairsView", "PaddedTrajectories", "WholeTrajectoriesView", "WindowsView"]
