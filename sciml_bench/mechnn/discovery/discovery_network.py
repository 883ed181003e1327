"""The network of the paper's equation discovery: it smooths windows of data and holds the coefficients of the terms.

Pervez, Locatello, Gavves, Mechanistic Neural Networks for Scientific Machine Learning (ICML 2024): a perceptron maps a
window of the data to a smoothed state; a second one maps a learned vector to the coefficients ξ of a basis library; the
block solves u′ = Θ(smoothed state) ξ along the window.

What we add is the scale: coefficients are learned as ξ = start + P η, with η of order one and P such that a change
of η moves the solution by as much in every direction (`DiscoveryTraining.precondition`). In the units of the states,
terms of the Lorenz system differ by 10³ and are strongly correlated, and Adam does not find its way in any time one
has.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.data import ObservationSpec
from sciml_bench.mechnn.discovery.basis_library import BasisLibrary
from sciml_bench.mechnn.linear_ode.solve import solve_linear_ode

COEFFICIENTS = ("flat", "network")


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
        spec: ObservationSpec,
        *,
        degree: int = 2,
        frequencies: int = 0,
        window: int = 50,
        hidden_width: int = 128,
        coefficients: str = "network",
        taylor_order: int = 4,
    ) -> None:
        super().__init__()
        for name, value, least in (
            ("window", window, 3),
            ("hidden_width", hidden_width, 1),
            ("taylor_order", taylor_order, 1),
        ):
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ConfigurationError(f"model.{name}={value}: give a whole number of at least {least}")
        if coefficients not in COEFFICIENTS:
            raise ConfigurationError(f"model.coefficients={coefficients}: choose one of {', '.join(COEFFICIENTS)}")
        self.library = BasisLibrary(spec, degree, frequencies)
        self.window, self.taylor_order, self.dim = window, taylor_order, spec.dim
        self.register_buffer("mean", torch.from_numpy(spec.mean).float())
        self.register_buffer("deviation", torch.from_numpy(spec.deviation).float())
        size = window * spec.dim
        self.smoother = nn.Sequential(
            nn.Linear(size, hidden_width),
            nn.SiLU(),
            nn.Linear(hidden_width, hidden_width),
            nn.SiLU(),
            nn.Linear(hidden_width, size),
        )
        last = self.smoother[-1]
        nn.init.zeros_(last.weight)  # pyright: ignore[reportArgumentType]
        nn.init.zeros_(last.bias)  # pyright: ignore[reportArgumentType]
        shape = (self.library.n_terms, spec.dim)
        if coefficients == "flat":
            self.scaled = nn.Parameter(torch.zeros(shape))
        else:
            self.vector = nn.Parameter(torch.randn(64))
            self.coefficient_network = nn.Sequential(
                nn.Linear(64, hidden_width),
                nn.SiLU(),
                nn.Linear(hidden_width, hidden_width),
                nn.SiLU(),
                nn.Linear(hidden_width, shape[0] * shape[1]),
            )
        self.register_buffer("start", torch.zeros(shape, dtype=torch.float64))
        self.register_buffer("mask", torch.ones(shape, dtype=torch.bool))
        self.register_buffer("ready", torch.tensor(False))
        self.register_buffer("preconditioner", torch.eye(shape[0], dtype=torch.float64).repeat(spec.dim, 1, 1))

    @property
    def is_ready(self) -> bool:
        """Whether the coordinates of the coefficients have been chosen."""
        return bool(self.ready)

    def coefficients(self) -> Float[Tensor, "terms dim"]:
        """ξ, zero outside the mask."""
        scaled = self.scaled_coefficients().double()
        change = torch.einsum("dij,jd->id", self.preconditioner, scaled)
        return torch.where(self.mask, self.start + change, 0.0)

    def scaled_coefficients(self) -> Float[Tensor, "terms dim"]:
        """η."""
        if hasattr(self, "coefficient_network"):
            return self.coefficient_network(self.vector).reshape(self.start.shape)
        return self.scaled

    def smoothed(self, windows: Float[Tensor, "batch time dim"]) -> Float[Tensor, "batch time dim"]:
        """The data plus what the perceptron adds, in double precision.

        Args:
            windows: of the data, in double precision.
        """
        scaled = ((windows - self.mean) / self.deviation).float()
        correction = self.smoother(scaled.flatten(1)).reshape(scaled.shape)
        return windows + self.deviation * correction.double()

    def solution(
        self, smoothed: Float[Tensor, "batch time dim"], step_sizes: Float[Tensor, "_ intervals"]
    ) -> Float[Tensor, "batch time dim"]:
        """u with u′ = Θ(smoothed) ξ and u(0) that of the smoothed state.

        Args:
            smoothed: state.
            step_sizes: between the rows, the same for all windows or one row for each.
        """
        batch, n_steps, dim = smoothed.shape
        rates = self.library(smoothed) @ self.coefficients()
        coefficients = rates.new_zeros(1, 1, n_steps, 1, self.taylor_order + 1)
        coefficients[..., 1] = 1.0
        right_side = rates.transpose(1, 2).reshape(batch * dim, 1, n_steps)
        steps = step_sizes if len(step_sizes) == 1 else step_sizes.repeat_interleave(dim, dim=0)
        initial = smoothed[:, 0].reshape(batch * dim, 1, 1, 1)
        solved = solve_linear_ode(coefficients, right_side, initial, steps[:, :, None])
        return solved.states[..., 0, 0].reshape(batch, dim, n_steps).transpose(1, 2)
