"""The contract of systems without randomness: equations once, a torch vector field and a SciPy reference from them."""

from itertools import pairwise
from math import inf
from typing import Any, ClassVar, TypeAlias

import numpy as np
import torch
from jaxtyping import Float

from sciml_bench.core.errors import ConfigurationError, SolverError
from sciml_bench.systems.base import Real as Real
from sciml_bench.systems.base import System

# At the limit of float64.
_REFERENCE_TOLERANCE = 1e-12
# Radau errs less than it is allowed to: at 1e-10, by 2e-11 over a cycle of Van der Pol's oscillator and 1e-10 relative
# to each species over the whole of Robertson's reaction [measured against published ends and a tolerance of 1e-12].
_STIFF_REFERENCE_TOLERANCE = 1e-10
# Relative accuracy also for species as rare as Robertson's B: 1e-13 at the end of the reaction.
_STIFF_ABSOLUTE_TOLERANCE = 1e-20
_MOST_MULTISTEPS = 10_000

Motions: TypeAlias = Float[np.ndarray, "*batch time dim"]


class OrdinaryDifferentialEquation(System):
    """dx/dt = vector_field(t, x).

    A subclass writes its equations once, in `_derivatives`, for components that may be floats, arrays or tensors. Those
    of a system with inputs, dx/dt = vector_field(t, (x, u)), are the states and, after them, the inputs.

    Attributes:
        n_inputs: numbers that act on the system from outside, as functions of time that are no part of it.
        is_stiff: whether some motions decay so quickly that explicit integrators cannot follow the slow ones.
        default_time_step: interval between samples that resolves the motion, in the system's time.
        default_burn_in: time until a motion from around `default_initial_state` has reached the attractor.
        initial_deviation: standard deviation of the initial states of `sample`, per component.
    """

    is_stiff: ClassVar[bool] = False
    n_inputs: ClassVar[int] = 0
    most_evaluations: ClassVar[float] = np.inf
    """Of the derivatives between two given times, on average, before an integration counts as broken down."""
    state_scale: float | Float[np.ndarray, " dim"] = 1.0
    """Of the components, beside which the absolute tolerance of the reference counts."""
    time_scale: float = 1.0
    """In whose units the reference chooses its steps."""
    default_time_step: ClassVar[float]
    default_burn_in: ClassVar[float] = 0.0
    initial_deviation: ClassVar[tuple[float, ...]]

    @property
    def default_initial_state(self) -> Float[np.ndarray, " dim"]:
        """A state from which the typical motion starts."""
        remedy = "define it, or give data.initial_states"
        raise NotImplementedError(f"{type(self).__name__} has no default_initial_state; {remedy}")

    def _derivatives(self, t: Any, components: tuple[Any, ...]) -> tuple[Any, ...]:
        raise NotImplementedError(f"{type(self).__name__} has no equations")

    def vector_field(
        self, t: float | int | Float[torch.Tensor, "*times"], x: Float[torch.Tensor, "*batch variables"]
    ) -> Float[torch.Tensor, "*batch dim"]:
        """The time derivative of the states, differentiable, with any leading axes, to which `t` is broadcast.

        Args:
            t: the time.
            x: states, and after them the inputs where the system has some.
        """
        return torch.stack(torch.broadcast_tensors(*self._derivatives(t, x.unbind(-1))), dim=-1)

    def jacobian(self, t: float | int, x: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch dim dim"]:
        """The derivatives of the vector field's components (rows) by those of the state (columns), in float64."""
        with torch.inference_mode(False), torch.enable_grad():
            # States do not act on each other, so the gradient of the sum over them holds the row of every one.
            states = torch.tensor(x, dtype=torch.float64, requires_grad=True)
            components = self.vector_field(t, states).unbind(-1)
            rows = [torch.autograd.grad(component.sum(), states, retain_graph=True)[0] for component in components]
        return torch.stack(rows, dim=-2).numpy()

    def reference(self, x0: Float[np.ndarray, "*batch dim"], t: Float[np.ndarray, " time"]) -> Motions:
        """Integrate each trajectory with its own steps, as accurately as float64 allows.

        By DOP853 with relative and absolute tolerance 1e-12, the latter of `state_scale`; a stiff system by the
        implicit Radau IIA method of order 5 with its Jacobian and relative tolerance 1e-10.

        Args:
            x0: states at time `t[0]`.
            t: increasing times.

        Returns:
            States at the times `t`, in float64.

        Raises:
            ConfigurationError: `x0` is not finite or of the wrong size, or `t` does not increase.
            SolverError: the integration broke down.
        """
        if x0.ndim == 0 or x0.shape[-1] != self.dim:
            raise ConfigurationError(f"{type(self).__name__}: x0 has shape {x0.shape}: give (..., {self.dim})")
        if not np.isfinite(x0).all():
            raise ConfigurationError(f"{type(self).__name__}: x0 holds NaN or infinity: give finite states")
        if t.ndim != 1 or len(t) == 0 or not np.isfinite(t).all() or np.any(np.diff(t) <= 0):
            raise ConfigurationError(f"{type(self).__name__}: t must be a list of finite, increasing times")
        flat, times = x0.astype(np.float64).reshape(-1, self.dim), t.astype(np.float64)
        states = np.stack([self._integrate(row[None], times)[0] for row in flat])
        return states.reshape(*x0.shape[:-1], len(times), self.dim)

    def long_motion(
        self, x0: Float[np.ndarray, " dim"], t: Float[np.ndarray, " time"]
    ) -> Float[np.ndarray, "time dim"]:
        """One motion of a system that is not stiff by the multistep methods of LSODA.

        At the tolerance of the reference it is many times quicker and errs more, by 8e-11 after a time of .5 of Lorenz
        63, which does not matter where chaos forgets the start.

        Args:
            x0: state at time `t[0]`.
            t: increasing times.
        """

        def right_hand_side(state: np.ndarray, time: float) -> tuple[Any, ...]:
            return self._derivatives(time, tuple(state.tolist()))

        from scipy.integrate import odeint  # imported late: most records need none, and half a second is long

        tolerance = _REFERENCE_TOLERANCE
        return np.asarray(odeint(right_hand_side, x0, t, rtol=tolerance, atol=tolerance, mxstep=_MOST_MULTISTEPS))

    def driven(
        self,
        x0: Float[np.ndarray, "batch dim"],
        t: Float[np.ndarray, " time"],
        inputs: Float[np.ndarray, "batch intervals 2 dim_in"],
    ) -> Float[np.ndarray, "batch time dim"]:
        """Integrate as the reference does, interval by interval, since inputs have kinks or jumps between them.

        Args:
            x0: states at time `t[0]`.
            t: increasing times.
            inputs: at the beginning and at the end of every interval, within which they go in a straight line.

        Raises:
            SolverError: the integration broke down.
        """
        states = [x0.astype(np.float64)]
        for number, span in enumerate(pairwise(t.tolist())):
            first, change = inputs[:, number, 0], inputs[:, number, 1] - inputs[:, number, 0]
            states.append(self._integrate(states[-1], np.array(span), (first, change))[:, 1])
        return np.stack(states, axis=1)

    def sample(
        self,
        n_steps: int,
        seed: int,
        n_trajectories: int = 1,
        time_step: Real | None = None,
        burn_in: Real | None = None,
    ) -> Float[np.ndarray, "batch time dim"]:
        """Trajectories from random initial states, integrated like the reference, but all together where none is stiff.

        Initial states are normal around `default_initial_state` with deviations `initial_deviation`.

        Args:
            n_steps: number of samples per trajectory.
            seed: of the initial states.
            n_trajectories: number of trajectories.
            time_step: interval between samples, by default `default_time_step`.
            burn_in: time that passes before the first sample, by default `default_burn_in`.

        Raises:
            ConfigurationError: a count below 1, a time step that is not positive or a negative burn-in.
            SolverError: the integration broke down.
        """
        self._require_at_least_one(n_steps=n_steps, n_trajectories=n_trajectories)
        step = self.default_time_step if time_step is None else float(time_step)
        wait = self.default_burn_in if burn_in is None else float(burn_in)
        if not 0 < step < inf:
            raise ConfigurationError(f"{type(self).__name__}: time_step = {time_step!r}: give a number greater than 0")
        if not 0 <= wait < inf:
            raise ConfigurationError(f"{type(self).__name__}: burn_in = {burn_in!r}: give a number of at least 0")
        x0 = self.random_states(n_trajectories, np.random.default_rng(seed))
        # Time starts at -burn_in: a driven system meets the same phase of its drive at the first sample.
        times = np.concatenate([[-wait], step * np.arange(n_steps)]) if wait > 0 else step * np.arange(n_steps)
        return np.ascontiguousarray(self._integrate(x0, times)[:, -n_steps:])

    def random_states(self, n: int, rng: np.random.Generator) -> Float[np.ndarray, "batch dim"]:
        """Where trajectories of `sample` start, before they are burnt in.

        Args:
            n: how many.
            rng: random numbers.
        """
        drawn = rng.standard_normal((n, self.dim))
        return self.default_initial_state + np.array(self.initial_deviation) * drawn

    def _integrate(
        self, x0: np.ndarray, times: np.ndarray, inputs: tuple[np.ndarray, np.ndarray] | None = None
    ) -> np.ndarray:
        """Integrate the states `x0 (batch, dim)`, as one system unless it is stiff; returns (batch, time, dim).

        Inputs are given by their values at the first time and their change until the last.
        """
        if len(times) == 1:
            return x0[:, None]
        if self.is_stiff and len(x0) > 1:  # an implicit step costs the cube of the size
            return np.concatenate([self._integrate(row[None], times) for row in x0])
        batch, alone = len(x0), len(x0) == 1
        tolerance = _STIFF_REFERENCE_TOLERANCE if self.is_stiff else _REFERENCE_TOLERANCE
        evaluations, unit = 0, self.time_scale

        def right_hand_side(t: float, flat: np.ndarray) -> np.ndarray:
            nonlocal evaluations
            evaluations += 1
            if evaluations > self.most_evaluations * len(times):
                raise SolverError(
                    f"{type(self).__name__}: the integration broke down at time {unit * t:g} of {times[-1]:g}, where "
                    "it no longer gets on; shorten the time, or check the initial states and parameters"
                )
            # Python floats are several times quicker than arrays of one element.
            components = flat.tolist() if alone else flat.reshape(self.dim, batch)
            if inputs is not None:
                acting = inputs[0] + (unit * t - times[0]) / (times[-1] - times[0]) * inputs[1]
                components = [*components, *(acting[0].tolist() if alone else acting.T)]
            derivatives = self._derivatives(unit * t, tuple(components))
            rates = np.array(derivatives) if alone else np.concatenate([np.broadcast_to(d, batch) for d in derivatives])
            return unit * rates

        def jacobian(t: float, x: np.ndarray) -> np.ndarray:
            return unit * self.jacobian(unit * t, x)

        absolute = tolerance * np.repeat(np.broadcast_to(self.state_scale, self.dim), batch)
        method: dict[str, Any] = {"method": "DOP853", "atol": absolute}
        if self.is_stiff:
            method = {"method": "Radau", "atol": _STIFF_ABSOLUTE_TOLERANCE, "jac": jacobian}
        from scipy.integrate import solve_ivp  # imported late, as above

        with np.errstate(over="ignore", invalid="ignore"):
            scaled, start = times / unit, x0.T.ravel()
            span = (scaled[0], scaled[-1])
            solution = solve_ivp(right_hand_side, span, start, t_eval=scaled, rtol=tolerance, **method)
        if solution.status != 0 or not np.isfinite(solution.y).all():
            reached, last = (unit * solution.t[-1], solution.y[:, -1]) if len(solution.t) else (times[0], x0)
            raise SolverError(
                f"{type(self).__name__}: the integration broke down after time {reached:g} of {times[-1]:g}, where "
                f"the largest component was {np.abs(last).max():.3g} ({solution.message}); shorten the time, or check "
                "the initial states and parameters"
            )
        return solution.y.reshape(self.dim, batch, -1).transpose(1, 2, 0)

    def energy(self, x: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch"]:
        """Energy of the states."""
        raise self._unknown("energy")

    def invariant(self, x: Float[np.ndarray, "*batch dim"]) -> Float[np.ndarray, "*batch"]:
        """A quantity that every motion conserves."""
        raise self._unknown("invariant")

    def closed_form(self, x0: Float[np.ndarray, "*batch dim"], t: Float[np.ndarray, " time"]) -> Motions:
        """The solution in closed form."""
        raise self._unknown("closed_form")

    @property
    def lyapunov_time(self) -> float:
        """Time in which a small error grows by the factor e."""
        raise self._unknown("lyapunov_time")
