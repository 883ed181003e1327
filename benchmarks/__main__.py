"""All benchmarks in one process: `python -m benchmarks [--json FILE]`, or one of them: `python -m benchmarks.vamp`."""

from benchmarks import (
    nested_lora,
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
    training_epoch.measure,
)
