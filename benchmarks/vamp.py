"""Claim: VAMP-1 and VAMP-2, forward and backward, are not slower than kooplearn's, for features of the same type.

Ours computes in float64 whatever the features are, and stays finite where the features are linearly dependent.
"""

from importlib.util import find_spec

import torch

from benchmarks.features import FeaturesLoss, correlated_features, gradient_step
from benchmarks.measurement import Comparison, Outcome, Skipped, compare, require_agreement
from benchmarks.presentation import main
from sciml_bench.koopman import VAMPLoss

NOT_SLOWER = 1.0
SIZES = ((256, 10), (256, 20), (1024, 10), (1024, 20))
"""Batch size and number of features."""

PRECISIONS = {torch.float32: ("float32", 2e-2), torch.float64: ("float64", 1e-8)}
"""How closely values and gradients have to agree; float32 is kooplearn's own precision."""


def measure() -> list[Outcome]:
    if find_spec("kooplearn") is None:
        return [Skipped("VAMP-1 and VAMP-2 loss", "kooplearn is not installed (extra `baselines`)")]
    from kooplearn.torch.nn import VampLoss

    return [
        compare_losses(VampLoss(schatten_norm), schatten_norm, batch_size, n_modes, dtype)
        for schatten_norm in (1, 2)
        for batch_size, n_modes in SIZES
        for dtype in PRECISIONS
    ]


def compare_losses(
    reference: FeaturesLoss,
    schatten_norm: int,
    batch_size: int,
    n_modes: int,
    dtype: torch.dtype,
    repetitions: int = 21,
) -> Comparison:
    f, g = correlated_features(batch_size, n_modes, dtype)
    ours = VAMPLoss(schatten_norm)
    precision, tolerance = PRECISIONS[dtype]
    claim = f"VAMP-{schatten_norm} loss: batch {batch_size}, {n_modes} features, {precision}"
    for mine, theirs in zip(gradient_step(ours, f, g), gradient_step(reference, f, g), strict=True):
        require_agreement(claim, mine, theirs, tolerance)
    return compare(
        claim,
        "kooplearn",
        lambda: gradient_step(ours, f, g),
        lambda: gradient_step(reference, f, g),
        target=NOT_SLOWER,
        repetitions=repetitions,
    )


if __name__ == "__main__":
    main(measure)
