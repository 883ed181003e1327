"""What is observed: simulated or read, checked, and handed out as lagged pairs, whole trajectories or windows.

A name is imported when it is asked for, so that the readers of files need no torch.
"""

from typing import TYPE_CHECKING

from sciml_bench.core import lazy_names

if TYPE_CHECKING:
    from sciml_bench.data.files.cell_areas import CellAreas
    from sciml_bench.data.record import Record
    from sciml_bench.data.spec import LaggedPairsSpec, RecordSpec, WindowsSpec
    from sciml_bench.data.split import split_trajectories
    from sciml_bench.data.standardization import Standardization
    from sciml_bench.data.trajectories import StateAxis, TimeOrigin, Trajectories
    from sciml_bench.data.views import LaggedPairsView, PaddedTrajectories, WholeTrajectoriesView, WindowsView
    from sciml_bench.data.views.lagged_pairs import LaggedPairs
    from sciml_bench.data.views.pair_loader import PairLoader

__all__ = [
    "CellAreas",
    "LaggedPairs",
    "LaggedPairsSpec",
    "LaggedPairsView",
    "PaddedTrajectories",
    "PairLoader",
    "Record",
    "RecordSpec",
    "Standardization",
    "StateAxis",
    "TimeOrigin",
    "Trajectories",
    "WholeTrajectoriesView",
    "WindowsSpec",
    "WindowsView",
    "split_trajectories",
]

_HOMES = {
    "CellAreas": "files.cell_areas",
    "LaggedPairs": "views.lagged_pairs",
    "LaggedPairsSpec": "spec",
    "LaggedPairsView": "views",
    "PaddedTrajectories": "views",
    "PairLoader": "views.pair_loader",
    "Record": "record",
    "RecordSpec": "spec",
    "Standardization": "standardization",
    "StateAxis": "trajectories",
    "TimeOrigin": "trajectories",
    "Trajectories": "trajectories",
    "WholeTrajectoriesView": "views",
    "WindowsSpec": "spec",
    "WindowsView": "views",
    "split_trajectories": "split",
}

__getattr__ = lazy_names(__name__, _HOMES)
