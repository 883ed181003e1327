"""A finite Markov chain: every loss, score and prediction of the suite has an exact value on it.

The state is the index of the chain's state, kept as a float so that it travels like any other state.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Complex, Float, Int
from scipy.sparse.csgraph import connected_components

from sciml_bench.core.errors import ConfigurationError
from sciml_bench.systems.base import DECOMPOSITIONS, FunctionPair, Real
from sciml_bench.systems.markov.scalar_markov_process import ScalarMarkovProcess
from sciml_bench.systems.numerics.quadrature import Quadrature
from sciml_bench.systems.numerics.real_matrix import as_rows, real_matrix

# Rows typed with rounded decimals are refused beyond this defect; within it they are normalised.
_ROW_SUM_TOLERANCE = 1e-8


def stationary_law(transition: Float[np.ndarray, "n n"]) -> Float[np.ndarray, " n"]:
    """The probabilities π with πP = π, for a chain in which all states reach each other."""
    n = len(transition)
    # One equation of π(I − P) = 0 is redundant; normalisation replaces it.
    equations = np.eye(n) - transition.T
    equations[-1] = 1
    return np.linalg.solve(equations, np.eye(n)[-1])


def checked_transition_matrix(value: object, name: str) -> Float[np.ndarray, "n n"]:
    """Read a transition matrix and check that it describes an ergodic chain.

    Args:
        value: rows of probabilities.
        name: what a message calls it, such as `MarkovChain.transition_matrix`.

    Raises:
        ConfigurationError: not square, a negative probability, a row that does not sum to 1, or states that do not all
            reach each other, so that the stationary law is not unique or leaves states out.
    """
    matrix = real_matrix(value, name)
    if matrix.shape[0] != matrix.shape[1]:
        raise ConfigurationError(f"{name} has shape {matrix.shape}: give as many columns as rows")
    if np.any(matrix < 0):
        raise ConfigurationError(f"{name} has the entry {matrix.min():g}: give probabilities of at least 0")
    row_sums = matrix.sum(axis=1)
    worst = int(np.argmax(np.abs(row_sums - 1)))
    if abs(row_sums[worst] - 1) > _ROW_SUM_TOLERANCE:
        raise ConfigurationError(f"{name}: row {worst} sums to {row_sums[worst]:.10g}: make every row sum to 1")
    n_components, component = connected_components(matrix > 0, directed=True, connection="strong")
    if n_components > 1:
        other = int(np.argmax(component != component[0]))
        raise ConfigurationError(
            f"{name}: the states 0 and {other} do not both reach each other, so that no stationary law covers all "
            "states; add transitions or drop states"
        )
    return matrix / row_sums[:, None]


@dataclass(frozen=True)
class MarkovChain(ScalarMarkovProcess):
    """Jumps between finitely many states; in general not reversible.

    Args:
        transition_matrix: rows of probabilities of the next state given the present one.

    Raises:
        ConfigurationError: the matrix is not that of an ergodic chain.
    """

    transition_matrix: Sequence[Sequence[Real]] | Float[np.ndarray, "n n"]
    time_step = 1.0
    time_unit = "step"
    known_facts = DECOMPOSITIONS | {"quadrature", "stationary_weights"}

    def __post_init__(self) -> None:
        """Check the matrix and freeze it as tuples, so that chains can be compared and hashed."""
        matrix = checked_transition_matrix(self.transition_matrix, f"{type(self).__name__}.transition_matrix")
        object.__setattr__(self, "transition_matrix", as_rows(matrix))

    @classmethod
    def random(cls, n_states: int, seed: int) -> "MarkovChain":
        """A chain whose rows are uniform on the probability simplex: ergodic and not reversible (almost surely)."""
        if n_states < 2:
            raise ConfigurationError(f"MarkovChain.random: n_states = {n_states!r}: give at least 2")
        return cls(np.random.default_rng(seed).dirichlet(np.ones(n_states), size=n_states))

    @cached_property
    def transition(self) -> Float[np.ndarray, "n n"]:
        """The transition matrix as an array."""
        return np.array(self.transition_matrix)

    @property
    def n_states(self) -> int:
        """Number of states."""
        return len(self.transition_matrix)

    @cached_property
    def stationary_weights(self) -> Float[np.ndarray, " n"]:
        """The stationary probabilities of the states."""
        return stationary_law(self.transition)

    def features(self, x: Float[np.ndarray, "batch 1"]) -> Float[np.ndarray, "batch n"]:
        """Indicators of the states, which span all functions of the chain."""
        return np.eye(self.n_states)[self._index(x)]

    def _index(self, x: np.ndarray) -> Int[np.ndarray, "*batch"]:
        index = x[..., 0].astype(int)
        if np.any(index != x[..., 0]) or np.any((index < 0) | (index >= self.n_states)):
            raise ConfigurationError(f"MarkovChain: x must hold the whole numbers 0 to {self.n_states - 1}")
        return index

    # --- sampling ---------------------------------------------------------------------------------------------------

    @cached_property
    def _cumulative(self) -> np.ndarray:
        # Divided by their last entry, the sums end in exactly 1, above every uniform number, also behind the last
        # state of positive probability.
        cumulative = np.cumsum(self.transition, axis=1)
        return cumulative / cumulative[:, -1:]

    @cached_property
    def _cumulative_rows(self) -> list[list[float]]:
        return self._cumulative.tolist()

    def initial(self, n: int, rng: np.random.Generator) -> Float[np.ndarray, "n 1"]:
        """Draw from the stationary probabilities."""
        return rng.choice(self.n_states, size=(n, 1), p=self.stationary_weights).astype(float)

    def _draw_noise(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        return rng.random((*shape, 1))

    def _advance(self, x: np.ndarray, noise: np.ndarray) -> np.ndarray:
        return np.sum(self._cumulative[self._index(x)] <= noise, axis=-1, keepdims=True).astype(float)

    def _advance_float(self, x: float, noise: Sequence[float]) -> float:
        return float(bisect_right(self._cumulative_rows[int(x)], noise[0]))

    # --- facts ------------------------------------------------------------------------------------------------------

    def quadrature(self, n_points: int | None = None) -> Quadrature:
        """The chain itself: its states are the points, and the sums are exact.

        Args:
            n_points: for the sake of the contract; a chain has as many points as states.
        """
        states = np.arange(self.n_states, dtype=float)[:, None]
        return Quadrature(points=states, weights=self.stationary_weights, transition=self.transition)

    def _require_count(self, count: int, lag: int = 1) -> None:
        self._require_at_least_one(count=count, lag=lag)
        if count > self.n_states:
            raise ConfigurationError(f"MarkovChain: count = {count}: a chain of {self.n_states} states has no more")

    @cached_property
    def _eigen_decomposition(self) -> tuple[np.ndarray, np.ndarray]:
        return self.quadrature().eigen_decomposition()

    def eigenvalues(self, count: int, lag: int = 1) -> Complex[np.ndarray, " count"]:
        """Eigenvalues of the transition matrix."""
        self._require_count(count, lag)
        return self._eigen_decomposition[0][:count] ** lag

    def eigenfunctions(self, count: int, x: Float[np.ndarray, "batch 1"]) -> Complex[np.ndarray, "batch count"]:
        """Right eigenvectors of the transition matrix, of norm 1 under the stationary law."""
        self._require_count(count)
        return self._eigen_decomposition[1][self._index(x), :count]

    def singular_values(self, count: int, lag: int = 1) -> Float[np.ndarray, " count"]:
        """Singular values of D^{1/2} P^lag D^{-1/2}, D the stationary law."""
        self._require_count(count, lag)
        return self.quadrature().singular_decomposition(lag)[0][:count]

    def singular_functions(self, count: int, x: Float[np.ndarray, "batch 1"], lag: int = 1) -> FunctionPair:
        """D^{-1/2} times the singular vectors."""
        self._require_count(count, lag)
        _, left, right = self.quadrature().singular_decomposition(lag)
        return left[self._index(x), :count], right[self._index(x), :count]
