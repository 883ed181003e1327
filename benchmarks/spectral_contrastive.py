"""Claim: at batch 4096 our spectral contrastive loss is at least a hundred times cheaper than kooplearn's.

Theirs forms the B × B matrix of all pairs; ours needs only second moments, O(B k²).
"""

from importlib.util import find_spec

import torch

from benchmarks.features import FeaturesLoss, correlated_features, gradient_step
from benchmarks.measurement import Comparison, Outcome, Skipped, compare, require_agreement
from benchmarks.presentation import main
from sciml_bench.koopman import SpectralContrastiveLoss

TARGETS = {256: None, 1024: None, 4096: 100.0}
"""Batch size, and the ratio that is claimed for it."""

N_MODES = 20
CLAIM = "spectral contrastive loss"


def measure() -> list[Outcome]:
    if find_spec("kooplearn") is None:
        return [Skipped(CLAIM, "kooplearn is not installed (extra `baselines`)")]
    from kooplearn.torch.nn import SpectralContrastiveLoss as Reference

    return [compare_losses(Reference(), batch_size, target) for batch_size, target in TARGETS.items()]


def compare_losses(
    reference: FeaturesLoss, batch_size: int, target: float | None = None, repetitions: int = 7
) -> Comparison:
    f, g = correlated_features(batch_size, N_MODES, torch.float32)
    ours = SpectralContrastiveLoss()
    for mine, theirs in zip(gradient_step(ours, f, g), gradient_step(reference, f, g), strict=True):
        require_agreement(f"{CLAIM}, batch {batch_size}", mine, theirs, 1e-3)
    return compare(
        f"{CLAIM}: batch {batch_size}, {N_MODES} features",
        "kooplearn",
        lambda: gradient_step(ours, f, g),
        lambda: gradient_step(reference, f, g),
        target=target,
        repetitions=repetitions,
    )


if __name__ == "__main__":
    main(measure)
