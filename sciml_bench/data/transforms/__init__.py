"""Records from records: noise, a choice of components, resampling, logarithms, differences, delays.

Each is a function of `Trajectories` that treats the truth like the states, noise excepted: it keeps the truth as it
was. What lies on disk stays there and is transformed as it is read; noise, whose draw has an order, resampling, and
rows with a past on a clock with gaps are read into memory. `Standardization.apply` is of the same kind.
"""

from sciml_bench.data.transforms.acting_components import with_inputs, with_weights
from sciml_bench.data.transforms.components import chosen_components
from sciml_bench.data.transforms.noise import checked_noise, noisy
from sciml_bench.data.transforms.record_transforms import RecordTransforms
from sciml_bench.data.transforms.resampling import resampled
from sciml_bench.data.transforms.rows_with_a_past import delay_embedded, differenced

__all__ = [
    "RecordTransforms",
    "checked_noise",
    "chosen_components",
    "delay_embedded",
    "differenced",
    "noisy",
    "resampled",
    "with_inputs",
    "with_weights",
]
