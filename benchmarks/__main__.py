"""All benchmarks in one process: `python -m benchmarks [--json FILE]`, or one of them: `python -m benchmarks.vamp`."""

from benchmarks import (
    ensemble,
    homotopy_training,
    larger_than_memory,
    linear_ode_block,
    multiple_shooting_batch,
    neighbour_lists,
    nested_lora,
    neural_ode_gradient,
    neural_spectral_methods,
    operator_fit,
    operator_memory,
    pair_loading,
    spectral_contrastive,
    training_epoch,
    vamp,
)
from benchmarks.presentation import main

main(
    spectral_contrastive.measure,
    vamp.measure,
    nested_lora.measure,
    pair_loading.measure,
    operator_fit.measure,
    operator_memory.measure,
    larger_than_memory.measure,
    training_epoch.measure,
    neighbour_lists.measure,
    neural_ode_gradient.measure,
    multiple_shooting_batch.measure,
    ensemble.measure,
    homotopy_training.measure,
    linear_ode_block.measure,
    neural_spectral_methods.measure,
)
