"""What a learned operator tells of rare events: metastable states, committors, mean first-passage times."""

from sciml_bench.koopman.kinetics.correlations import correlations
from sciml_bench.koopman.kinetics.memberships import Memberships, metastable_memberships
from sciml_bench.koopman.kinetics.passages import Passage, committor, mean_first_passage_time
from sciml_bench.koopman.kinetics.told_kinetics import HALF_WAY, Kinetics, kinetics_of

__all__ = [
    "HALF_WAY",
    "Kinetics",
    "Memberships",
    "Passage",
    "committor",
    "correlations",
    "kinetics_of",
    "mean_first_passage_time",
    "metastable_memberships",
]
