"""Dynamics that are pulled towards data: du/dt = field(t, u) − λ k (u − û(t)) (Ko et al., NeurIPS 2023, equation 5)."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.node.fields.vector_field import Instant, MemberStates, PerceptronForm, StageDerivative, VectorField
from sciml_bench.node.fitting.smoothing_spline import SmoothingSpline


def checked_coupling_strength(
    coupling_strength: float | int | Sequence[float | int], dim: int
) -> Float[np.ndarray, " dim"]:
    """k for each state component, in 1/time, finite and not negative."""
    given = list(coupling_strength) if isinstance(coupling_strength, Sequence) else coupling_strength
    values = np.asarray(given, dtype=np.float64)
    if values.ndim > 1 or values.size not in (1, dim):
        raise ConfigurationError(
            f"training.coupling_strength={coupling_strength}: give one number, or one for each of {dim} components"
        )
    if not np.isfinite(values).all() or (values < 0).any():
        raise ConfigurationError(f"training.coupling_strength={coupling_strength}: give numbers of at least 0")
    return np.broadcast_to(values, (dim,)).copy()


class CoupledDynamics(VectorField):
    """A field with the pull towards one smoothed trajectory per row of the batch.

    Args:
        field: the dynamics.
        splines: û, one for each trajectory of the batch.
        coupling_strength: k, in 1/time, one number for all components or one for each.

    Attributes:
        scale: λ, from 1 (as coupled as k says) to 0 (free).

    Raises:
        ConfigurationError: k is negative or has the wrong length.
    """

    def __init__(
        self,
        field: VectorField,
        splines: SmoothingSpline | Sequence[SmoothingSpline],
        coupling_strength: float | int | Sequence[float | int],
    ) -> None:
        super().__init__(field.dim, field.n_members)
        self.field = field
        self.splines = [splines] if isinstance(splines, SmoothingSpline) else list(splines)
        self.coupling_strength = checked_coupling_strength(coupling_strength, field.dim)
        self.scale = 1.0
        self._at_stages: tuple[np.ndarray, np.ndarray] | None = None

    @property
    def pull(self) -> Float[np.ndarray, " dim"]:
        """λ k."""
        return self.scale * self.coupling_strength

    def forward(self, t: Instant, x: MemberStates, u: Float[Tensor, "batch dim_in"] | None = None) -> MemberStates:
        """The coupled derivative."""
        now = torch.as_tensor(t)
        instants = np.broadcast_to(now.detach().cpu().double().numpy(), len(self.splines))
        pairs = list(zip(self.splines, instants, strict=True))
        target = torch.from_numpy(np.stack([spline.held(instant) for spline, instant in pairs])).to(x)
        if now.requires_grad:  # an adaptive solver's own steps depend on the initial state
            slope = torch.from_numpy(np.stack([spline.held_slope(instant) for spline, instant in pairs])).to(x)
            target = target + slope * (now - now.detach()).to(x).reshape(-1, 1)
        return self.field(t, x, u) - torch.from_numpy(self.pull).to(x) * (x - target)

    def perceptron_form(self) -> PerceptronForm | None:
        """The field's form with −λk in A; the pull's other half is in `forcing`."""
        form = self.field.perceptron_form()
        if form is None:
            return None
        return replace(form, linear=form.linear - torch.diag(torch.from_numpy(self.pull)).to(form.linear))

    def forcing(self, times: Float[np.ndarray, "batch *stages"]) -> Float[np.ndarray, "batch *stages dim"]:
        """λ k û(t), and what the field itself adds."""
        pull, of_field = self.pull * self._targets(times), self.field.forcing(times)
        return pull if of_field is None else pull + of_field

    def at_stages(
        self,
        times: Float[np.ndarray, "batch steps stages"],
        inputs: Float[np.ndarray, "batch steps stages dim_in"] | None = None,
    ) -> StageDerivative:
        """The coupled derivative, with û evaluated once at all stages."""
        free = self.field.at_stages(times, inputs)
        forcing = torch.from_numpy(self.pull * self._targets(times))
        pull = torch.from_numpy(self.pull)
        return lambda step, stage, x: free(step, stage, x) - pull.to(x) * x + forcing[:, step, stage].to(x)

    def _targets(self, times: np.ndarray) -> np.ndarray:
        """û at the same times as in the last call, if they are the same: epoch after epoch they are."""
        known = self._at_stages
        if known is None or not (known[0] is times or np.array_equal(known[0], times)):
            values = np.stack([spline.held(row) for spline, row in zip(self.splines, times, strict=True)])
            known = self._at_stages = (times, values)
        return known[1]
