"""A sequence model of bodies that attract each other: one linear ODE of second order for every body and axis.

Pervez, Locatello, Gavves, Mechanistic Neural Networks for Scientific Machine Learning (ICML 2024), its experiments on
two bodies and the ephemeris: networks read the displacements of pairs and write coefficients and right sides,

    u_i″ + (Σ_j m_j s_ij) u_i = Σ_j m_j s_ij x_j,

which are solved over input and output steps from the observed inputs. Here one network gives the strength s_ij = s_ji
of all pairs and m_j are learned masses, so that forces act along displacements and the barycentre moves uniformly.
Where the other bodies will be, x_j, and (for a law) how far apart, is taken from the solution before: all are solved
several times, first as if the bodies kept their last acceleration and strength.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor, nn

from sciml_bench.core.checks import ConfiguredWord, require_choice, require_integer
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.core.stored.description import described
from sciml_bench.data.spec import WindowsSpec
from sciml_bench.mechnn.linear_ode.layer import with_taylor_order
from sciml_bench.mechnn.linear_ode.solve import SOLVERS, solve_linear_ode
from sciml_bench.mechnn.sequence_models.pair_strength import DistanceLaw, WindowStrength, orders_of_magnitude

NETWORKS = ("law", "perceptron", "convolution")
COEFFICIENTS = ("time_varying", "constant")
STEPS = ("known", "learned")
_MASS_RATE = 10.0
"""Adam moves every parameter by about its learning rate per step, and masses span many powers of ten."""
_ROOM = 2.0
"""A distance of the outputs is taken to lie within the range of the inputs, widened by this factor on both sides."""

Positions = Float[Tensor, "batch _ bodies axes"]


@described
class InteractionSequenceModel(nn.Module):
    """Positions at the input steps to positions at all steps of the window.

    Args:
        spec: of the data; states (bodies, axes).
        network: `law` (strengths from the distance at the same step), `perceptron` or `convolution` (from the distances
            at all input steps, as published).
        coefficients: `time_varying`, or `constant` strengths over a window.
        hidden: layers of the network; for `law`, none is a power law.
        activation: of the network.
        initial_exponent: of the strength's decay with distance before training, where gravity has 3; null: as orbits of
            different sizes around a central body suggest, otherwise 2.
        initial_mass_ratio: of the masses before training to what moves bodies as quickly as observed; the central body
            starts at 1.
        central_body: the body that positions are relative to, as its place among the bodies; null: none.
        n_solves: of all ODEs for a prediction; gradients pass through the last.
        n_frozen: solves during which strengths are held after the last input.
        n_initial: input steps whose positions the solution starts from; null: all.
        taylor_order: of the solution's expansion between steps, at least 2.
        steps: `known` steps of the data, or `learned`, one per body and axis.
        step_size: in the block's unit of time, between 0.001 and 0.999; learned ones stay within.
        solver: of the block, see `solve_linear_ode`.

    Raises:
        ConfigurationError: a value is out of range, or the states are no positions of several bodies.
    """

    pairs: Tensor
    places: Tensor
    others: Tensor
    initial_masses: Tensor

    def __init__(
        self,
        spec: WindowsSpec,
        *,
        network: ConfiguredWord = "law",
        coefficients: ConfiguredWord = "time_varying",
        hidden: Sequence[int] = (32, 32),
        activation: str = "silu",
        initial_exponent: float | int | None = None,
        initial_mass_ratio: float | int = 1.0,
        central_body: int | None = None,
        n_solves: int = 4,
        n_frozen: int = 1,
        n_initial: int | None = None,
        taylor_order: int = 5,
        steps: ConfiguredWord = "known",
        step_size: float | int = 0.1,
        solver: ConfiguredWord = "auto",
    ) -> None:
        super().__init__()
        require_choice("model.network", network, NETWORKS)
        require_choice("model.coefficients", coefficients, COEFFICIENTS)
        require_choice("model.steps", steps, STEPS)
        require_choice("model.solver", solver, SOLVERS)
        require_integer("model.taylor_order", taylor_order, 2, "give at least 2, the order of the equation")
        require_integer("model.n_frozen", n_frozen, 0, "give at least 0 solves")
        if len(spec.state_shape) != 2 or spec.state_shape[0] < 2:
            raise ConfigurationError(
                f"this model needs the positions of at least 2 bodies, states (bodies, axes); these have the shape "
                f"{spec.state_shape}: choose data=two_body, or another model"
            )
        n_bodies, n_axes = spec.state_shape
        n_initial = spec.n_inputs if n_initial is None else n_initial
        if not 3 <= n_initial <= spec.n_inputs:
            raise ConfigurationError(
                f"model.n_initial={n_initial}: give 3 to {spec.n_inputs} (training.view.n_inputs) steps to start from"
            )
        if n_solves < 1 or not 0 < step_size < 1 or not initial_mass_ratio > 0:
            raise ConfigurationError(
                f"model.n_solves={n_solves}, model.step_size={step_size}, model.initial_mass_ratio="
                f"{initial_mass_ratio}: give at least 1 solve, a step between 0 and 1 and a positive ratio"
            )
        if central_body is not None and not 0 <= central_body < n_bodies:
            raise ConfigurationError(f"model.central_body={central_body}: there are the bodies 0 to {n_bodies - 1}")
        self.n_initial, self.n_outputs = n_initial, spec.n_outputs
        self.n_bodies, self.n_axes, self.central_body = n_bodies, n_axes, central_body
        self.constant, self.n_solves, self.n_frozen = coefficients == "constant", n_solves, n_frozen
        self.taylor_order, self.solver = taylor_order, solver
        # block time = time · step_size / time_step
        self.time_scale = (spec.time_step / step_size) ** 2
        orders = orders_of_magnitude(spec, central_body, initial_exponent)
        self.strength: nn.Module
        if network == "law":
            self.strength = DistanceLaw(orders.length, orders.exponent, hidden, activation)
        else:
            sizes = n_initial, 1 if self.constant else n_initial + spec.n_outputs
            self.strength = WindowStrength(orders.length, orders.exponent, *sizes, network, hidden, activation)
        masses = torch.full((n_bodies,), orders.mass * initial_mass_ratio, dtype=torch.float64)
        if central_body is not None:
            masses[central_body] = orders.mass
        self.register_buffer("initial_masses", masses)
        self.mass_logarithms = nn.Parameter(torch.zeros(n_bodies, dtype=torch.float64))
        shape = (n_bodies, n_axes) if steps == "learned" else (1, 1)
        unconstrained = torch.full(shape, (step_size - 1e-3) / 0.998, dtype=torch.float64).logit()
        self.unconstrained_steps = nn.Parameter(unconstrained, requires_grad=steps == "learned")
        first, second = np.triu_indices(n_bodies, 1)
        places = np.zeros((n_bodies, n_bodies), dtype=np.int64)
        places[first, second] = places[second, first] = np.arange(len(first))
        self.register_buffer("pairs", torch.from_numpy(np.stack([first, second])), persistent=False)
        self.register_buffer("places", torch.from_numpy(places), persistent=False)
        self.register_buffer("others", 1 - torch.eye(n_bodies, dtype=torch.float64), persistent=False)
        self.body_names = spec.body_names or tuple(f"body {number}" for number in range(1, n_bodies + 1))

    @property
    def masses(self) -> Float[Tensor, " bodies"]:
        """Of the bodies times the constant of gravity, in length³/time² where strengths decay with the power 3."""
        return self.initial_masses * (_MASS_RATE * self.mass_logarithms).exp()

    @property
    def step_sizes(self) -> Float[Tensor, "_ _"]:
        """Per body and axis, in the block's unit of time."""
        return 0.001 + 0.998 * torch.sigmoid(self.unconstrained_steps)

    def record_entries(self) -> dict[str, Any]:
        """The masses and the exponent of the strength, as far as they are not the network's."""
        masses = dict(zip(self.body_names, self.masses.tolist(), strict=True))
        exponent = float(self.strength.exponent.detach())  # pyright: ignore[reportCallIssue, reportArgumentType]
        return {"masses": masses, "strength_exponent": exponent}

    def forward(self, inputs: Float[Tensor, "batch inputs bodies axes"]) -> Positions:
        """The steps that the solution starts from and those that follow."""
        observed = inputs[:, -self.n_initial :].double()
        path = torch.cat([observed, _extrapolated(observed, self.n_outputs)], dim=1)
        written = None
        if not isinstance(self.strength, DistanceLaw):
            written = self.strength(self._distances(observed)).expand(-1, path.shape[1], -1)
        for number in range(self.n_solves):
            with torch.set_grad_enabled(torch.is_grad_enabled() and number == self.n_solves - 1):
                strengths = self._strengths(path, number < self.n_frozen) if written is None else written
                solution = self._solved(strengths, path, observed)
            path = torch.cat([observed, solution[:, self.n_initial :]], dim=1)
        return solution.to(inputs.dtype)

    def _strengths(self, path: Positions, frozen: bool) -> Float[Tensor, "batch _ pairs"]:
        """The law along a path; the law of the last input where strengths are held."""
        known = self._distances(path[:, : self.n_initial])
        if self.constant:
            return self.strength(known[:, -1:]).expand(-1, path.shape[1], -1)
        if frozen:
            later = known[:, -1:].expand(-1, self.n_outputs, -1)
        else:
            low, high = known.amin(dim=1, keepdim=True) / _ROOM, known.amax(dim=1, keepdim=True) * _ROOM
            later = self._distances(path[:, self.n_initial :]).clamp(low, high)
        return self.strength(torch.cat([known, later], dim=1))

    def _distances(self, path: Positions) -> Float[Tensor, "batch _ pairs"]:
        first, second = self.pairs
        return (path[:, :, second] - path[:, :, first]).norm(dim=-1)

    def _solved(self, strengths: Float[Tensor, "batch steps pairs"], path: Positions, observed: Positions) -> Positions:
        """One linear ODE per body and axis, with the other bodies on their path."""
        batch, n_steps = path.shape[:2]
        between = strengths[:, :, self.places] * self.others
        pulls = self.time_scale * self.masses * between
        rates = pulls.sum(dim=-1)
        drives = pulls @ path
        if self.central_body is not None:
            # the acceleration of the body that positions are relative to, at their origin
            drives = drives - drives[:, :, self.central_body, None]
            rates = rates * self.others[self.central_body]
        problems = batch * self.n_bodies * self.n_axes
        coefficients = torch.stack([rates, torch.zeros_like(rates), torch.ones_like(rates)], dim=-1).transpose(1, 2)
        coefficients = coefficients[:, :, None].expand(-1, -1, self.n_axes, -1, -1).reshape(problems, 1, n_steps, 1, -1)
        solution = solve_linear_ode(
            with_taylor_order(coefficients, self.taylor_order),
            drives.permute(0, 2, 3, 1).reshape(problems, 1, n_steps),
            observed.permute(0, 2, 3, 1).reshape(problems, self.n_initial, 1, 1),
            self.step_sizes.expand(batch, self.n_bodies, self.n_axes).reshape(problems, 1, 1),
            solver=self.solver,
        )
        states = solution.states[..., 0, 0].unflatten(0, (batch, self.n_bodies, self.n_axes))
        return states.permute(0, 3, 1, 2)


def _extrapolated(observed: Positions, n_outputs: int) -> Positions:
    """What would follow at constant acceleration."""
    numbers = torch.arange(1, n_outputs + 1, dtype=observed.dtype, device=observed.device)[:, None, None]
    last, velocity = observed[:, -1:], observed[:, -1:] - observed[:, -2:-1]
    acceleration = velocity - observed[:, -2:-1] + observed[:, -3:-2]
    return last + numbers * velocity + numbers * (numbers + 1) / 2 * acceleration
