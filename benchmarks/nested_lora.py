"""What the nested low-rank approximation loss costs beside three straightforward ways to write it.

*Pairs and prefixes*: the loss of every leading group of modes from the B × B matrix of all pairs, as the definition
reads. *Moments and prefixes*: the same with second moments, O(B k²) per prefix. *Masks*: the mean over the prefixes
taken into weights of the moments, left to autograd. All are unbiased (the pairs of a sample with itself left out).
"""

import torch
from torch import Tensor

from benchmarks.features import FeaturesLoss, correlated_features, gradient_step
from benchmarks.measurement import Comparison, Outcome, compare, require_agreement
from benchmarks.presentation import main
from sciml_bench.koopman import NestedLoRALoss

BATCH_SIZE = 256
N_MODES = 20
NOT_SLOWER = 1.0


def measure() -> list[Outcome]:
    return [
        compare_losses("joint", "pairs, every prefix", joint_by_pairs),
        compare_losses("joint", "moments, every prefix", joint_by_moments),
        compare_losses("joint", "masks and autograd", joint_by_masks),
        compare_losses("sequential", "moments, every prefix", sequential_by_moments),
    ]


def compare_losses(nesting: str, reference_name: str, reference: FeaturesLoss, repetitions: int = 15) -> Comparison:
    f, g = correlated_features(BATCH_SIZE, N_MODES, torch.float32)
    ours = NestedLoRALoss(N_MODES, nesting)
    claim = f"{nesting} nesting loss: batch {BATCH_SIZE}, {N_MODES} modes"
    for mine, theirs in zip(gradient_step(ours, f, g), gradient_step(reference, f, g), strict=True):
        require_agreement(claim, mine, theirs, 1e-4)
    return compare(
        claim,
        reference_name,
        lambda: gradient_step(ours, f, g),
        lambda: gradient_step(reference, f, g),
        target=NOT_SLOWER,
        repetitions=repetitions,
    )


def joint_by_pairs(f: Tensor, g: Tensor) -> Tensor:
    total = f.new_zeros(())
    for k in range(1, f.shape[1] + 1):
        products = f[:, :k] @ g[:, :k].T
        own = products.diagonal()
        total = total - 2 * own.mean() + _mean_over_other_pairs(products.square().sum(), own, len(f))
    return total / f.shape[1]


def joint_by_moments(f: Tensor, g: Tensor) -> Tensor:
    prefixes = range(1, f.shape[1] + 1)
    return torch.stack([_loss_by_moments(f[:, :k], g[:, :k]) for k in prefixes]).mean()


def joint_by_masks(f: Tensor, g: Tensor) -> Tensor:
    batch, modes = f.shape
    share = torch.arange(modes, 0, -1, dtype=f.dtype) / modes
    mask = torch.minimum(share[:, None], share[None, :])
    product = f * g
    all_pairs = (mask * (f.T @ f) * (g.T @ g)).sum()
    own_pairs = torch.einsum("bi,ij,bj->", product, mask, product)
    return -2 * (product.mean(dim=0) * share).sum() + (all_pairs - own_pairs) / (batch * (batch - 1))


def sequential_by_moments(f: Tensor, g: Tensor) -> Tensor:
    """The value of the plain loss, with the gradients of the prefixes whose earlier columns are held fixed."""
    surrogate = f.new_zeros(())
    for k in range(1, f.shape[1] + 1):
        held_f = torch.cat([f[:, : k - 1].detach(), f[:, k - 1 : k]], dim=1)
        held_g = torch.cat([g[:, : k - 1].detach(), g[:, k - 1 : k]], dim=1)
        surrogate = surrogate + _loss_by_moments(held_f, held_g)
    with torch.no_grad():
        value = _loss_by_moments(f, g)
    return surrogate - surrogate.detach() + value


def _loss_by_moments(f: Tensor, g: Tensor) -> Tensor:
    own = (f * g).sum(dim=1)
    return -2 * own.mean() + _mean_over_other_pairs(((f.T @ f) * (g.T @ g)).sum(), own, len(f))


def _mean_over_other_pairs(sum_of_squares: Tensor, own: Tensor, batch: int) -> Tensor:
    return (sum_of_squares - own.square().sum()) / (batch * (batch - 1))


if __name__ == "__main__":
    main(measure)
