"""Methods of other libraries, of the extra `baselines`."""

from sciml_bench.suite.baselines.libraries.bagged_modes import BaggedModes
from sciml_bench.suite.baselines.libraries.dynamic_modes import DynamicModes
from sciml_bench.suite.baselines.libraries.echo_state import EchoState
from sciml_bench.suite.baselines.libraries.kernel_koopman import KernelKoopman
from sciml_bench.suite.baselines.libraries.slow_features import SlowFeatures
from sciml_bench.suite.baselines.libraries.sparse_identification import SparseIdentification

__all__ = ["BaggedModes", "DynamicModes", "EchoState", "KernelKoopman", "SlowFeatures", "SparseIdentification"]
