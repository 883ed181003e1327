"""Low-rank approximation of the resolvent of a reversible generator, from values and gradients of functions.

The generator L of a diffusion is unbounded, so that its largest eigenvalues are the fastest and least wanted. Its
resolvent (1 − L/η)⁻¹ has the slowest first, 1/(1 + r/η) for the rate r, and in the energy norm
⟨f, h⟩_η = E[f h] + E[∇f a ∇h]/η its quadratic form is E[f h] alone. With M = E[f fᵀ] and W = M + E[∇f a ∇fᵀ]/η the loss

    L(f) = −2 tr M + tr(W W) = ‖R − Σ_i f_i ⊗ f_i‖²_HS − ‖R‖²_HS

is smallest, −Σ_{i≤k} (1 + r_i/η)⁻², at the k slowest eigenfunctions (Kostic et al., Learning the infinitesimal
generator of stochastic diffusion processes, NeurIPS 2024, minimise the same form without nesting). Nesting and the
correction of the bias of one batch are those of `nested_lora`. First derivatives are enough, and no pairs are needed.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.checks import require_choice, require_integer
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.processes.sums import SumOverProcesses, summed_over_processes, world_size
from sciml_bench.core.types import Features, Scalar
from sciml_bench.koopman.losses.nested_lora import ESTIMATORS, nesting_masks

NESTINGS = ("joint", "none")


def generator_loss(
    f: Features,
    derivatives: Float[Tensor, "directions batch modes"],
    *,
    nesting: str = "joint",
    estimator: str = "unbiased",
    weights: Float[Tensor, " batch"] | None = None,
) -> Scalar:
    """The loss of one batch of states that were drawn from the stationary law, or are weighted to be like that.

    Args:
        f: the functions at the states.
        derivatives: ∇f ℓ/√η for every column ℓ of a matrix with ℓ ℓᵀ = a.
        nesting: `joint` or `none`.
        estimator: `unbiased` (no sample with itself in tr(W W)) or `biased`.
        weights: importance of the samples, not negative; only their ratios matter.

    Returns:
        The loss, in float64; over the samples of all processes.

    Raises:
        ConfigurationError: an unknown choice, or fewer than two samples for the unbiased estimator.
    """
    require_choice("nesting", nesting, NESTINGS)
    require_choice("estimator", estimator, ESTIMATORS)
    if estimator == "unbiased" and len(f) < 2 and world_size() == 1:
        raise ConfigurationError(f"estimator=unbiased needs a batch of at least 2 samples, got {len(f)}")
    f, derivatives = f.double(), derivatives.double()
    masks = nesting_masks(nesting, f.shape[1], f.dtype, f.device)
    of_samples = torch.cat([f[None], derivatives]).movedim(1, 0)  # W of a sample is the second moment of these rows
    energies = of_samples.mT @ of_samples
    counts = f.new_ones(len(f)) if weights is None else weights.double()
    each = counts[:, None, None]
    sums = SumOverProcesses.apply(torch.stack([f.T @ (f * each[:, 0]), (energies * each).sum(dim=0)]))
    metric, energy = sums.unbind()  # pyright: ignore[reportAttributeAccessIssue]
    total, alone = summed_over_processes(torch.stack([counts.sum(), counts.square().sum()])).tolist()
    squares, pairs = (energy.square() * masks.metric).sum(), total * total
    if estimator == "unbiased":
        own: Tensor = SumOverProcesses.apply(((energies * each).square() * masks.metric).sum())  # pyright: ignore[reportAssignmentType]
        squares, pairs = squares - own, total * total - alone
    return squares / pairs - 2 * (metric.diagonal() * masks.correlation).sum() / total


class GeneratorLoss(nn.Module):
    """The low-rank approximation of the resolvent with the options of a run.

    Args:
        n_modes: number of functions, the constant included where there is one.
        nesting: `joint` (default) or `none`.
        estimator: `unbiased` (default) or `biased`.

    Raises:
        ConfigurationError: an option is not among the allowed ones.
    """

    def __init__(self, n_modes: int, nesting: str = "joint", estimator: str = "unbiased") -> None:
        super().__init__()
        self.n_modes = require_integer("n_modes", n_modes, 1, "at least one mode is needed")
        self.nesting = require_choice("nesting", nesting, NESTINGS)
        self.estimator = require_choice("estimator", estimator, ESTIMATORS)

    def forward(
        self,
        f: Features,
        derivatives: Float[Tensor, "directions batch modes"],
        weights: Float[Tensor, " batch"] | None = None,
    ) -> Scalar:
        """The loss of one batch; see `generator_loss`."""
        return generator_loss(f, derivatives, nesting=self.nesting, estimator=self.estimator, weights=weights)
