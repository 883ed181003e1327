"""What every system is: a frozen set of parameters with its truth attached.

`MarkovProcess` is the contract of everything that jumps or diffuses at random; its facts are those of the Koopman
operator (K h)(x) = E[h(x_{t+lag}) | x_t = x] on the square-integrable functions of the stationary law. The functions
of the present are called left, those of the future right, so that K right_i = singular_value_i · left_i.
"""

from dataclasses import fields, is_dataclass
from typing import ClassVar, TypeAlias

import numpy as np
from jaxtyping import Float, Inexact

from sciml_bench.core.checks import is_integer, is_number
from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems.numerics.quadrature import Quadrature

Real: TypeAlias = float | int
"""A real parameter as a person writes it in a yaml: `1` and `1.0` alike."""

FunctionPair: TypeAlias = tuple[Float[np.ndarray, "batch count"], Float[np.ndarray, "batch count"]]
"""Left and right functions at given states."""

DECOMPOSITIONS = frozenset({"eigenvalues", "eigenfunctions", "singular_values", "singular_functions"})
"""Facts of a process whose Koopman operator is known."""

# Noise is drawn for so many transitions at once: few calls of the generator, and memory that does not grow with time.
_STEPS_PER_BLOCK = 4096


class ParameterError(ConfigurationError):
    """A parameter that a system cannot have.

    Args:
        message: what a person reads.
        name: of the parameter.
        value: that it was given.
        remedy: what to write instead.
    """

    def __init__(self, message: str, name: str = "", value: object = None, remedy: str = "") -> None:
        super().__init__(message)
        self.name, self.value, self.remedy = name, value, remedy


class System:
    """Base of all systems: parameters in a frozen dataclass, checked where they enter.

    Attributes:
        dim: size of the observed state.
        time_unit: what times are measured in.
        period: period of every state component where the state lives on a circle, otherwise None.
        known_facts: names of the methods and properties that return exact values.
        conserved: those of them that are functions of states and that every motion keeps.
        positive: names of the parameters that must be greater than 0.

    Raises:
        ConfigurationError: one of `positive` is not.
    """

    dim: int
    time_unit: ClassVar[str] = "time"
    period: ClassVar[float | None] = None
    known_facts: ClassVar[frozenset[str]] = frozenset()
    conserved: ClassVar[tuple[str, ...]] = ()
    positive: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self) -> None:
        self._require_positive(*self.positive)

    def _require_positive(self, *names: str) -> None:
        for name in names:
            if not self._real_parameter(name) > 0:
                raise self._bad_parameter(name, "give a number greater than 0")

    def _require_finite(self, *names: str) -> None:
        for name in names:
            self._real_parameter(name)

    def _real_parameter(self, name: str) -> float:
        value = getattr(self, name)
        if not is_number(value):
            raise self._bad_parameter(name, "give a finite real number")
        return float(value)

    def _bad_parameter(self, name: str, remedy: str) -> "ParameterError":
        message = f"{type(self).__name__}.{name} = {getattr(self, name)!r}: {remedy}"
        return ParameterError(message, name, getattr(self, name), remedy)

    def _require_at_least_one(self, **counts: int) -> None:
        for name, value in counts.items():
            if not is_integer(value, 1):
                raise ConfigurationError(f"{type(self).__name__}: {name} = {value!r}: give an integer of at least 1")

    def _unknown(self, fact: str) -> NotImplementedError:
        parameters = ""
        if is_dataclass(self):
            parameters = ", ".join(f"{field.name}={getattr(self, field.name)!r}" for field in fields(self))
        known = ", ".join(sorted(self.known_facts)) or "none"
        unknown = f"{fact} of {type(self).__name__}({parameters})"
        return NotImplementedError(f"{unknown} is not known in closed form; known facts: {known}")


class MarkovProcess(System):
    """A stationary, time-homogeneous Markov process observed at multiples of `time_step`.

    A subclass gives `initial`, `_draw_noise` and `_advance`; the facts it knows are named in `known_facts`, and all
    others raise NotImplementedError.
    """

    time_step: float

    def initial(self, n: int, rng: np.random.Generator) -> Float[np.ndarray, "n dim"]:
        """Draw independent states from the stationary law."""
        raise NotImplementedError(f"{type(self).__name__} does not draw from its stationary law")

    def step(self, x: Float[np.ndarray, "*batch dim"], rng: np.random.Generator) -> Float[np.ndarray, "*batch dim"]:
        """Draw the successors of some states, one `time_step` later."""
        return self._advance(x, self._draw_noise(x.shape[:-1], rng))

    def sample(self, n_steps: int, seed: int, n_trajectories: int = 1) -> Float[np.ndarray, "batch time dim"]:
        """Draw trajectories that start from the stationary law.

        Args:
            n_steps: length of every trajectory, in steps of `time_step`.
            seed: of the random generator; the same arguments give the same trajectories.
            n_trajectories: how many independent trajectories.

        Returns:
            States in float64, the first of every trajectory drawn from the stationary law.

        Raises:
            ConfigurationError: `n_steps` or `n_trajectories` is below 1.
        """
        self._require_at_least_one(n_steps=n_steps, n_trajectories=n_trajectories)
        rng = np.random.default_rng(seed)
        x = self.initial(n_trajectories, rng)
        states = np.empty((n_steps, *x.shape))
        states[0] = x
        rows = self._rows_per_block(n_trajectories)
        for start in range(1, n_steps, rows):
            block = states[start : start + rows]
            self._run(states[start - 1], self._draw_noise((len(block), n_trajectories), rng), block)
        return np.ascontiguousarray(states.swapaxes(0, 1))

    def _rows_per_block(self, n_trajectories: int) -> int:
        """Transitions whose noise is drawn at once."""
        return _STEPS_PER_BLOCK

    def _draw_noise(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        """All the randomness of the transitions, of shape `(*shape, noise)`."""
        raise NotImplementedError(f"{type(self).__name__} has no transition")

    def _advance(self, x: np.ndarray, noise: np.ndarray) -> np.ndarray:
        """The successor of `x (*batch, dim)` as a function of the noise `(*batch, noise)`."""
        raise NotImplementedError(f"{type(self).__name__} has no transition")

    def _run(self, x: np.ndarray, noise: np.ndarray, states: np.ndarray) -> None:
        """Fill `states (time, batch, dim)` with the successors of `x` under `noise (time, batch, noise)`."""
        for now in range(len(states)):
            x = states[now] = self._advance(x, noise[now])

    def eigenvalues(self, count: int, lag: int = 1) -> Inexact[np.ndarray, " count"]:
        """The leading eigenvalues of the Koopman operator over `lag` steps.

        Returns:
            By decreasing modulus, conjugate pairs together with the positive imaginary part first; real where the
            process is reversible.
        """
        raise self._unknown("eigenvalues")

    def eigenfunctions(self, count: int, x: Float[np.ndarray, "batch dim"]) -> Inexact[np.ndarray, "batch count"]:
        """Eigenfunctions in the order of `eigenvalues`, of norm 1 under the stationary law; the first is 1."""
        raise self._unknown("eigenfunctions")

    def singular_values(self, count: int, lag: int = 1) -> Float[np.ndarray, " count"]:
        """The leading singular values of the Koopman operator over `lag` steps, decreasing from 1."""
        raise self._unknown("singular_values")

    def singular_functions(self, count: int, x: Float[np.ndarray, "batch dim"], lag: int = 1) -> FunctionPair:
        """Left (of the present) and right (of the future) singular functions, orthonormal under the stationary law."""
        raise self._unknown("singular_functions")

    def quadrature(self, n_points: int) -> Quadrature:
        """Points, stationary weights and transition matrix that turn expectations over pairs into finite sums."""
        raise self._unknown("quadrature")

    def maximum_vamp_2(self, count: int, lag: int = 1) -> float:
        """The largest VAMP-2 score, and VAMP-E, that `count` functions (the constant included) can reach."""
        return float(np.sum(self.singular_values(count, lag) ** 2))
