"""The network of the paper's equation discovery: it smooths windows of data and holds the coefficients of the terms.

Pervez, Locatello, Gavves, Mechanistic Neural Networks for Scientific Machine Learning (ICML 2024): a perceptron maps a
window of the data to a smoothed state; a second one maps a learned vector to the coefficients ξ of a basis library; the
block solves u′ = Θ(smoothed state) ξ along the window.

What we add is the scale: coefficients are learned as ξ = start + P η, with η of order one and P such that a change
of η moves the solution by as much in every direction (`DiscoveryTraining.precondition`). In the units of the states,
terms of the Lorenz system differ by 10³ and are strongly correlated, and Adam does not find its way in any time one
has.
"""

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.checks import ConfiguredWord, require_choice, require_integer
from sciml_bench.core.stored.description import described
from sciml_bench.data.spec import RecordSpec
from sciml_bench.data.trajectories import Trajectories
from sciml_bench.mechnn.discovery.basis_library import BasisLibrary
from sciml_bench.mechnn.discovery.integration import window_starts
from sciml_bench.mechnn.discovery.units import Units
from sciml_bench.mechnn.linear_ode.integral import integral
from sciml_bench.networks.activations import zeroed
from sciml_bench.networks.multilayer_perceptron import MultilayerPerceptron

COEFFICIENTS = ("flat", "network")
_WINDOWS_PER_ROW = 5

_OTHER_CLOCK = 0.1
"""Relative difference of the time steps; that of an irregular record, a median, is less from part to part."""


@described
class DiscoveryNetwork(nn.Module):
    """Smoothed state, coefficients and the solution that follows from both.

    Args:
        spec: of the data.
        degree: of the monomials; see `BasisLibrary`.
        frequencies: of sine and cosine; see `BasisLibrary`.
        window: rows of a window.
        hidden_width: of the perceptrons.
        coefficients: `flat`: parameters by themselves; `network`: a perceptron of a learned vector of 64 numbers.
        taylor_order: K of the block; the equation's own order is 1.

    Raises:
        ConfigurationError: a value is out of range.
    """

    mean: Tensor
    deviation: Tensor
    start: Tensor
    mask: Tensor
    ready: Tensor
    preconditioner: Tensor

    def __init__(
        self,
        spec: RecordSpec,
        *,
        degree: int = 2,
        frequencies: int = 0,
        window: int = 50,
        hidden_width: int = 128,
        coefficients: ConfiguredWord = "network",
        taylor_order: int = 4,
    ) -> None:
        super().__init__()
        counts = {"window": (window, 3), "hidden_width": (hidden_width, 1), "taylor_order": (taylor_order, 1)}
        for name, (value, least) in counts.items():
            require_integer(f"model.{name}", value, least, f"give a whole number of at least {least}")
        require_choice("model.coefficients", coefficients, COEFFICIENTS)
        self.library = BasisLibrary(spec, degree, frequencies)
        self.window, self.taylor_order, self.dim = window, taylor_order, spec.dim
        self.time = Units.of(spec).time  # that of the block, so that it solves alike in every unit
        self.register_buffer("mean", torch.from_numpy(spec.mean).float())
        self.register_buffer("deviation", torch.from_numpy(spec.deviation).float())
        size = window * spec.dim
        hidden = (hidden_width, hidden_width)
        self.smoother = MultilayerPerceptron((size,), size, hidden, "silu").layers
        zeroed(self.smoother[-1])
        shape = (self.library.n_terms, spec.dim)
        self.coefficient_network: nn.Module | None = None
        if coefficients == "flat":
            self.scaled = nn.Parameter(torch.zeros(shape))
        else:
            self.vector = nn.Parameter(torch.randn(64))
            self.coefficient_network = MultilayerPerceptron((64,), shape[0] * shape[1], hidden, "silu").layers
        self.register_buffer("start", torch.zeros(shape, dtype=torch.float64))
        self.register_buffer("mask", torch.ones(shape, dtype=torch.bool))
        self.register_buffer("ready", torch.tensor(False))
        self.register_buffer("preconditioner", torch.eye(shape[0], dtype=torch.float64).repeat(spec.dim, 1, 1))

    def coefficients(self) -> Float[Tensor, "terms dim"]:
        """ξ, zero outside the mask."""
        scaled = self.scaled_coefficients().double()
        change = torch.einsum("dij,jd->id", self.preconditioner, scaled)
        return torch.where(self.mask, self.start + change, 0.0)

    def scaled_coefficients(self) -> Float[Tensor, "terms dim"]:
        """η."""
        if self.coefficient_network is None:
            return self.scaled
        return self.coefficient_network(self.vector).reshape(self.start.shape)

    def smoothed(self, windows: Float[Tensor, "batch time dim"]) -> Float[Tensor, "batch time dim"]:
        """The data plus what the perceptron adds, in double precision.

        Args:
            windows: of the data, in double precision.
        """
        scaled = ((windows - self.mean) / self.deviation).float()
        correction = self.smoother(scaled.flatten(1)).reshape(scaled.shape)
        return windows + self.deviation * correction.double()

    @torch.no_grad()
    def smoothed_rows(
        self, times: Float[np.ndarray, " time"], rows: Float[np.ndarray, "time dim"]
    ) -> Float[np.ndarray, "time dim"]:
        """A whole trajectory, smoothed in overlapping windows and averaged.

        No window reaches across missing rows. What lies on another clock than the windows that were learned from stays
        as it is, and so do fewer rows than a window has.
        """
        step, total, count = self.library.spec.time_step, rows.copy(), np.ones(len(rows))
        if len(rows) < self.window or abs(np.median(np.diff(times)) / step - 1) > _OTHER_CLOCK:
            return total
        end = 0
        for length in Trajectories((rows,), step, times=(times,)).between_gaps().lengths:
            first, end = end, end + length
            if length < self.window:
                continue
            starts = window_starts(length, self.window, max(1, self.window // _WINDOWS_PER_ROW))
            index = first + starts[:, None] + np.arange(self.window)
            total[first:end] = count[first:end] = 0.0
            np.add.at(total, index, self.smoothed(torch.from_numpy(rows[index])).numpy())
            np.add.at(count, index, 1.0)
        return total / count[:, None]

    def solution(
        self, smoothed: Float[Tensor, "batch time dim"], step_sizes: Float[Tensor, "_ intervals"]
    ) -> Float[Tensor, "batch time dim"]:
        """u with u′ = Θ(smoothed) ξ and u(0) that of the smoothed state.

        Args:
            smoothed: state.
            step_sizes: between the rows, the same for all windows or one row for each.
        """
        rates = self.time * (self.library(smoothed) @ self.coefficients())
        return integral(rates, smoothed[:, 0], step_sizes / self.time, self.taylor_order)
