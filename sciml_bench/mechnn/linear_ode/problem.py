"""What is solved: linear ordinary differential equations at given steps, as one over-determined linear system each.

Pervez, Locatello, Gavves, Mechanistic Neural Networks for Scientific Machine Learning (ICML 2024), section 3: the
unknowns are the state and its derivatives at every step; rows say that the equation holds, that the solution starts
where it should, and that neighbouring steps agree with Taylor's formula up to a slack that all of them share.
"""

import math
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor

from sciml_bench.core.errors import DataError, SolverError


@dataclass(frozen=True, eq=False)
class LinearODEProblem:
    """A batch of linear ODEs; arrays that the whole batch shares may have a batch of one.

    Σ_{d,k} coefficients[e, t, d, k] u[t, d, k] = right_side[e, t], with u[t, d, k] the k-th derivative of state d.

    Args:
        coefficients: of every derivative of every state.
        right_side: of every equation at every step.
        initial_values: of the lowest derivatives at the first steps.
        step_sizes: between neighbouring steps, for each state; positive.
        slack_weight: weight of the shared slack in the objective, γα of the paper; 0 leaves plain least squares.
        central: tie the highest derivative to central differences of the one below.
        periodic: tie the last step to the first.

    Raises:
        DataError: shapes that do not agree, no derivative, values that are not finite, steps that are not positive, or
            fewer rows than unknowns.
    """

    coefficients: Float[Tensor, "_ equations steps states orders"]
    right_side: Float[Tensor, "_ equations steps"]
    initial_values: Float[Tensor, "_ initial_steps states initial_orders"]
    step_sizes: Float[Tensor, "_ intervals states"]
    slack_weight: float | int = 0.0
    central: bool = True
    periodic: bool = False

    def __post_init__(self) -> None:
        """Check everything once, so that no solver has to."""
        self._require_shapes()
        self._require_values()
        self._require_rows()

    @cached_property
    def batch(self) -> int:
        """Number of problems."""
        return max(part.shape[0] for part in self.inputs)

    @property
    def inputs(self) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """The differentiable ones."""
        return self.coefficients, self.right_side, self.initial_values, self.step_sizes

    @property
    def n_equations(self) -> int:
        """E."""
        return self.coefficients.shape[1]

    @property
    def n_steps(self) -> int:
        """T."""
        return self.coefficients.shape[2]

    @property
    def n_states(self) -> int:
        """D."""
        return self.coefficients.shape[3]

    @property
    def order(self) -> int:
        """K, the highest derivative."""
        return self.coefficients.shape[4] - 1

    @property
    def width(self) -> int:
        """Unknowns per step."""
        return self.n_states * (self.order + 1)

    @property
    def n_unknowns(self) -> int:
        """Of one problem, without the slack."""
        return self.n_steps * self.width

    @property
    def initial_steps(self) -> int:
        """Steps that have initial values."""
        return self.initial_values.shape[1] if self.initial_values.shape[3] else 0

    @property
    def inverse_factorials(self) -> list[float]:
        """1/j! up to the order."""
        return [1 / math.factorial(j) for j in range(self.order + 1)]

    @property
    def taylor_weights(self) -> Float[Tensor, "order orders"]:
        """1/(j−i)! for what derivative j adds to derivative i; zero below."""
        factor, orders = self.inverse_factorials, range(self.order + 1)
        rows = [[factor[j - i] if j >= i else 0.0 for j in orders] for i in orders[:-1]]
        return self.step_sizes.new_tensor(rows)

    def _require_shapes(self) -> None:
        coefficients, right_side, initial_values, step_sizes = self.inputs
        _, n_equations, n_steps, n_states, n_orders = coefficients.shape
        if n_orders < 2:
            raise DataError(
                f"coefficients {tuple(coefficients.shape)}: the last axis counts the derivatives from 0 on, so an "
                "equation of order K needs K + 1 of them; with one there is no differential equation"
            )
        if n_steps < 2 or n_states < 1 or n_equations < 1:
            raise DataError(
                f"coefficients {tuple(coefficients.shape)}: expected (batch, equations, steps, states, order + 1) with "
                "at least 1 equation, 2 steps and 1 state"
            )
        expected = {
            "right_side": (right_side.shape[1:], (n_equations, n_steps), "(batch, equations, steps)"),
            "step_sizes": (step_sizes.shape[1:], (n_steps - 1, n_states), "(batch, steps - 1, states)"),
            "initial_values": (
                (initial_values.ndim, *initial_values.shape[2:3]),
                (4, n_states),
                "(batch, initial_steps, states, initial_orders)",
            ),
        }
        for name, (found, wanted, axes) in expected.items():
            if tuple(found) != wanted:
                raise DataError(
                    f"{name} {tuple(getattr(self, name).shape)} does not agree with coefficients of {n_equations} "
                    f"equations, {n_steps} steps, {n_states} states: expected {axes}"
                )
        if initial_values.shape[1] > n_steps or initial_values.shape[3] > n_orders:
            raise DataError(
                f"initial_values {tuple(initial_values.shape)}: at most {n_steps} steps and derivatives 0 to "
                f"{n_orders - 1} exist"
            )
        sizes = {part.shape[0] for part in self.inputs} - {1}
        if len(sizes) > 1:
            shapes = ", ".join(str(tuple(part.shape)) for part in self.inputs)
            raise DataError(
                "coefficients, right_side, initial_values and step_sizes must have the same batch, or a batch of one "
                f"that all share; they have the shapes {shapes}"
            )

    def _require_values(self) -> None:
        for name in ("coefficients", "right_side", "initial_values", "step_sizes"):
            values = getattr(self, name)
            # a sum is cheaper than a mask; where it overflows, the mask decides
            if not math.isfinite(float(values.detach().sum())) and not bool(torch.isfinite(values).all()):
                place = tuple((~torch.isfinite(values)).nonzero()[0].tolist())
                raise DataError(f"{name} is {float(values[place])} at {place}; every value must be finite")
        if not bool((self.step_sizes > 0).all()):
            place = tuple((self.step_sizes <= 0).nonzero()[0].tolist())
            raise DataError(
                f"step_sizes is {float(self.step_sizes[place]):g} at (batch, interval, state) = {place}; steps must be "
                "positive: learn them through a sigmoid or softplus"
            )
        if not math.isfinite(self.slack_weight):
            raise DataError(f"slack_weight={self.slack_weight}: give a finite number")

    def _require_rows(self) -> None:
        per_interval = 2 * self.order * self.n_states
        rows = {
            "equation": self.n_equations * self.n_steps,
            "initial": self.initial_values.shape[1:].numel(),
            "Taylor": per_interval * (self.n_steps - 1),
            "central": self.n_states * max(self.n_steps - 2, 0) if self.central else 0,
            "periodic": self.width if self.periodic else 0,
        }
        if sum(rows.values()) < self.n_unknowns + 1:
            said = " + ".join(f"{number} {name}" for name, number in rows.items())
            raise DataError(
                f"there are fewer rows ({said}) than unknowns ({self.n_unknowns} and the slack): give more equations "
                "or initial values"
            )


def singular_problem(problem: LinearODEProblem, member: int, unknown: int) -> SolverError:
    """The error for rows that do not determine the solution: which unknown it is, and which rows are missing.

    Args:
        problem: that was to be solved.
        member: of the batch.
        unknown: its number in the order (step, state, derivative).
    """
    step, rest = divmod(unknown, problem.width)
    state, derivative = divmod(rest, problem.order + 1)
    coefficients = problem.coefficients[min(member, len(problem.coefficients) - 1)].detach()
    is_zero = (coefficients == 0).flatten(2).all(dim=2)
    touches = (coefficients != 0).any(dim=(0, 1, 3))
    given = problem.initial_values.shape[1:].numel()
    missing = []
    if is_zero.any():
        equation, where = is_zero.nonzero()[0].tolist()
        missing.append(f"all coefficients of equation {equation} are zero at step {where}")
    if not touches.all():
        missing.append(f"no equation contains state {int((~touches).nonzero()[0])}")
    if problem.n_equations < problem.n_states:
        missing.append(f"there are {problem.n_equations} equations for {problem.n_states} states")
    if not problem.periodic and given < problem.n_states * problem.order:
        missing.append(
            f"there are {given} initial values, and {problem.n_states} states of order {problem.order} need up to "
            f"{problem.n_states * problem.order}"
        )
    return SolverError(
        f"the linear ODE number {member} of the batch is singular: derivative {derivative} of state {state} at step "
        f"{step} is not determined by the rows ({'; '.join(missing) or 'its coefficients are nearly dependent'}); give "
        "more initial values or equations, or equations that do not vanish"
    )
